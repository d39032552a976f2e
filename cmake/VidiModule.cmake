# How a module, its tests and the programs are declared: one folder, one target, one namespace.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(THREADS_PREFER_PTHREAD_FLAG ON)

add_library(vidi_options INTERFACE)
target_compile_options(vidi_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wconversion
                                              -Wno-sign-conversion -Wno-missing-field-initializers -Werror)
target_include_directories(vidi_options INTERFACE "${CMAKE_SOURCE_DIR}/src")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of g++ 12 in inlined library code at -O2 and under sanitizers.
  target_compile_options(vidi_options INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds
                                                -Wno-stringop-overread -Wno-restrict -Wno-dangling-pointer
                                                -Wno-mismatched-new-delete -Wno-use-after-free)
  if(CMAKE_UNITY_BUILD)
    # What it says of a type that a source has for itself, when that source is included by another.
    target_compile_options(vidi_options INTERFACE -Wno-subobject-linkage)
  endif()
endif()
if(VIDI_SANITIZE)
  add_compile_options(-fsanitize=${VIDI_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${VIDI_SANITIZE})
  if(VIDI_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)
  endif()
endif()

# vidi_module(name SOURCES ... [DEPENDS ...] [PRIVATE ...] [ALONE ...]): the static library vidi_name, also vidi::name.
# DEPENDS are needed by the module's headers, PRIVATE only by its sources. ALONE are sources with a name in their
# anonymous namespace that another source has too: a unity build compiles each of them by itself.
function(vidi_module name)
  cmake_parse_arguments(MODULE "" "" "SOURCES;DEPENDS;PRIVATE;ALONE" ${ARGN})
  set_source_files_properties(${MODULE_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  add_library(vidi_${name} STATIC ${MODULE_SOURCES})
  add_library(vidi::${name} ALIAS vidi_${name})
  target_link_libraries(vidi_${name} PUBLIC ${MODULE_DEPENDS} PRIVATE vidi_options ${MODULE_PRIVATE})
  target_include_directories(vidi_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src")
endfunction()

# The real services that tests with SERVICES need: ctest starts them before the first and stops them after the last.
function(vidi_test_services)
  get_property(there GLOBAL PROPERTY VIDI_TEST_SERVICES)
  if(there)
    return()
  endif()
  set_property(GLOBAL PROPERTY VIDI_TEST_SERVICES "${CMAKE_BINARY_DIR}/services")
  foreach(action start stop)
    add_test(NAME services.${action} COMMAND "${CMAKE_SOURCE_DIR}/scripts/services.sh" ${action}
                                             "${CMAKE_BINARY_DIR}/services")
  endforeach()
  set_tests_properties(services.start PROPERTIES FIXTURES_SETUP services TIMEOUT 900)
  set_tests_properties(services.stop PROPERTIES FIXTURES_CLEANUP services TIMEOUT 60)
endfunction()

# vidi_test(name SOURCES ... DEPENDS ... [LABEL unit|contract] [SERVICES]): a GoogleTest program, one ctest entry for each
# of its tests. With SERVICES a real Cassandra and a real S3 server run meanwhile (tests/contract/services.hpp).
# TEST_DATA names the folder tests/data for it, testing::TempDir()
# a folder of the process's own.
function(vidi_test name)
  if(NOT VIDI_TESTS)
    return()
  endif()
  cmake_parse_arguments(TEST "SERVICES" "LABEL" "SOURCES;DEPENDS" ${ARGN})
  if(NOT TEST_LABEL)
    set(TEST_LABEL unit)
  endif()
  if(NOT TARGET vidi_tests)
    add_custom_target(vidi_tests) # all of them, and of the programs only those that they need
  endif()
  if(NOT TARGET vidi_test_main)
    add_library(vidi_test_main STATIC "${CMAKE_SOURCE_DIR}/tests/support/main.cpp")
    target_link_libraries(vidi_test_main PRIVATE vidi_options GTest::gmock)
  endif()
  add_executable(${name} ${TEST_SOURCES})
  add_dependencies(vidi_tests ${name})
  target_link_libraries(${name} PRIVATE vidi_options ${TEST_DEPENDS} vidi_test_main GTest::gmock GTest::gtest)
  # What a test does itself is little. Compiling it with -O3 takes twice as long as with -O1, and that under sanitizers
  # two thirds longer than with -O0.
  if(VIDI_SANITIZE)
    set(optimise -O0)
  else()
    set(optimise -O1)
  endif()
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release,RelWithDebInfo>:${optimise}>)
  target_compile_definitions(${name} PRIVATE TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data"
                                             MODELS_DIR="${CMAKE_SOURCE_DIR}/models"
                                             BACKBONES_DIR="${CMAKE_SOURCE_DIR}/backbones")
  set(services)
  if(TEST_SERVICES)
    vidi_test_services()
    set(services FIXTURES_REQUIRED services ENVIRONMENT "VIDI_TEST_SERVICES=${CMAKE_BINARY_DIR}/services")
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 PROPERTIES LABELS ${TEST_LABEL} TIMEOUT 600 ${services})
endfunction()
