# How a module, its tests and the programs are declared: one folder, one target, one namespace.

include(VidiWings)

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(THREADS_PREFER_PTHREAD_FLAG ON)
add_compile_options(-pthread) # gRPC's libraries ask for it, and precompiled headers fit where all flags are the same

# What was compiled before, in this folder or another clone of it, is taken from the compiler's cache: paths below the
# project's folder count from there, and precompiled headers may have other times.
find_program(VIDI_CCACHE ccache)
if(VIDI_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${VIDI_CCACHE}")
endif()
# A linker that takes a tenth of the time of the usual one, where it is installed.
find_program(VIDI_MOLD mold)
if(VIDI_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(vidi_options INTERFACE)
target_compile_options(vidi_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wconversion
                                              -Wno-sign-conversion -Wno-missing-field-initializers -Wredundant-decls -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of g++ 12 in inlined library code at -O2 and under sanitizers.
  target_compile_options(vidi_options INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds
                                                -Wno-stringop-overread -Wno-restrict -Wno-dangling-pointer
                                                -Wno-mismatched-new-delete -Wno-use-after-free)
endif()
if(VIDI_SANITIZE)
  add_compile_options(-fsanitize=${VIDI_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${VIDI_SANITIZE})
  if(VIDI_SANITIZE MATCHES "undefined")
    # The address sanitizer stops there too, and these two are a sixth of the compiler's time.
    add_compile_options(-fno-sanitize=null,object-size)
  endif()
  if(VIDI_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)
  endif()
endif()

# vidi_precompile(target [TEST|PROGRAM]): compiles the headers that most sources include once for all modules, and once
# more, with gmock, for all tests, and for all programs, since the compiler's flags differ. Which headers: those of the
# table that `scripts/build_times.py headers` prints. clang-tidy reads every source without them, so a source still has
# to include what it uses.
option(VIDI_PRECOMPILE "Compile the headers that most sources include once" ON)
function(vidi_precompile target)
  if(NOT VIDI_PRECOMPILE)
    return()
  endif()
  cmake_parse_arguments(PRECOMPILE "TEST;PROGRAM" "" "" ${ARGN})
  set(headers <fmt/format.h> <chrono> <filesystem> <functional> <map> <memory> <optional> <span> <string> <vector>
              <core/fmt_once.hpp> <core/result.hpp> <core/task.hpp>)
  set(precompiled vidi_precompiled)
  if(PRECOMPILE_TEST)
    list(APPEND headers <gmock/gmock.h>)
    set(precompiled vidi_precompiled_test)
  elseif(PRECOMPILE_PROGRAM)
    set(precompiled vidi_precompiled_program)
  endif()
  if(NOT TARGET ${precompiled})
    set(source "${CMAKE_BINARY_DIR}/${precompiled}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "int main() {}\n")
    if(PRECOMPILE_TEST OR PRECOMPILE_PROGRAM)
      add_executable(${precompiled} EXCLUDE_FROM_ALL "${source}")
    else()
      add_library(${precompiled} OBJECT EXCLUDE_FROM_ALL "${source}")
    endif()
    if(PRECOMPILE_TEST)
      target_link_libraries(${precompiled} PRIVATE GTest::gmock)
      target_compile_options(${precompiled} PRIVATE ${VIDI_TEST_OPTIMIZE})
    endif()
    target_link_libraries(${precompiled} PRIVATE vidi_options vidi::boost fmt::fmt)
    target_include_directories(${precompiled} PRIVATE "${CMAKE_SOURCE_DIR}/src/platform")
    target_precompile_headers(${precompiled} PRIVATE ${headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${precompiled})
endfunction()

# vidi_group_sources(target): with VIDI_GROUP_SOURCES up to eight of its sources are compiled as one. Which ones is found
# by scripts/source_groups.py, so that a source may name things as it likes.
option(VIDI_GROUP_SOURCES "Compile several sources as one" ON)
if(VIDI_GROUP_SOURCES)
  # A name of one source hides one of another, and what a source has for itself looks as if it came from a header.
  target_compile_options(vidi_options INTERFACE -Wno-shadow -Wno-subobject-linkage)
endif()
function(vidi_group_sources target)
  if(NOT VIDI_GROUP_SOURCES)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  set(script "${CMAKE_SOURCE_DIR}/scripts/source_groups.py")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${script} ${sources})
  execute_process(COMMAND /usr/bin/python3 ${script} 8 ${sources} WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
                  OUTPUT_VARIABLE groups OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  foreach(source group IN ZIP_LISTS sources groups)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP "${target}_${group}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

# vidi_module(name SOURCES ... [DEPENDS ...] [PRIVATE ...] [OWN_FLAGS]): the static library vidi_name, also vidi::name.
# DEPENDS are needed by the module's headers, PRIVATE only by its sources. OWN_FLAGS: it is compiled with flags that the
# precompiled headers do not fit.
function(vidi_module name)
  cmake_parse_arguments(MODULE "OWN_FLAGS" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  vidi_wing_of(wing)
  vidi_check_dependencies("vidi::${name}" ${wing} ${MODULE_DEPENDS} ${MODULE_PRIVATE})
  add_library(vidi_${name} STATIC ${MODULE_SOURCES})
  add_library(vidi::${name} ALIAS vidi_${name})
  set_target_properties(vidi_${name} PROPERTIES VIDI_WING ${wing})
  target_link_libraries(vidi_${name} PUBLIC ${MODULE_DEPENDS} PRIVATE vidi_options ${MODULE_PRIVATE})
  target_include_directories(vidi_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src/${wing}")
  vidi_group_sources(vidi_${name})
  if(NOT MODULE_OWN_FLAGS)
    vidi_precompile(vidi_${name})
  endif()
endfunction()

# vidi_interface(name [DEPENDS ...]): a module of headers alone, which others implement: vidi::name.
function(vidi_interface name)
  cmake_parse_arguments(MODULE "" "" "DEPENDS" ${ARGN})
  vidi_wing_of(wing)
  vidi_check_dependencies("vidi::${name}" ${wing} ${MODULE_DEPENDS})
  add_library(vidi_${name} INTERFACE)
  add_library(vidi::${name} ALIAS vidi_${name})
  set_target_properties(vidi_${name} PROPERTIES VIDI_WING ${wing})
  target_link_libraries(vidi_${name} INTERFACE ${MODULE_DEPENDS})
  target_include_directories(vidi_${name} INTERFACE "${CMAKE_SOURCE_DIR}/src/${wing}")
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
  set_tests_properties(services.start PROPERTIES FIXTURES_SETUP services TIMEOUT 900 COST 200)
  set_tests_properties(services.stop PROPERTIES FIXTURES_CLEANUP services TIMEOUT 60)
endfunction()

# What a test does itself is little. Compiling it with -O3 takes twice as long as with -O1, and that under sanitizers two
# thirds longer than with -O0.
if(VIDI_SANITIZE)
  set(VIDI_TEST_OPTIMIZE $<$<CONFIG:Release,RelWithDebInfo>:-O0>)
else()
  set(VIDI_TEST_OPTIMIZE $<$<CONFIG:Release,RelWithDebInfo>:-O1>)
endif()

# vidi_test(name SOURCES ... DEPENDS ... [LABEL unit|contract] [SERVICES] [OWN_FLAGS]): a GoogleTest program, run as one
# entry of ctest, whose report names each of its tests. It runs in the project's folder, where TEST_DATA, MODELS_DIR and
# BACKBONES_DIR are; testing::TempDir() is a folder of its own. With SERVICES a real Cassandra and a real S3 server run
# meanwhile (tests/contract/services.hpp).
function(vidi_test name)
  if(NOT VIDI_TESTS)
    return()
  endif()
  cmake_parse_arguments(TEST "SERVICES;OWN_FLAGS" "LABEL" "SOURCES;DEPENDS" ${ARGN})
  if(NOT TEST_LABEL)
    set(TEST_LABEL unit)
  endif()
  vidi_wing_of(wing)
  # All of them, and those of a wing; of the programs only those that they need.
  foreach(all vidi_tests vidi_tests_${wing})
    if(NOT TARGET ${all})
      add_custom_target(${all})
    endif()
  endforeach()
  if(NOT TARGET vidi_test_main)
    add_library(vidi_test_main STATIC "${CMAKE_SOURCE_DIR}/tests/support/main.cpp")
    target_link_libraries(vidi_test_main PRIVATE vidi_options GTest::gmock)
    # The one file that names the project's folder: the others are the same for the compiler's cache, wherever they are.
    target_compile_definitions(vidi_test_main PRIVATE VIDI_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  endif()
  add_executable(${name} ${TEST_SOURCES})
  add_dependencies(vidi_tests ${name})
  add_dependencies(vidi_tests_${wing} ${name})
  target_link_libraries(${name} PRIVATE vidi_options ${TEST_DEPENDS} vidi_test_main GTest::gmock GTest::gtest)
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_compile_options(${name} PRIVATE ${VIDI_TEST_OPTIMIZE})
  target_compile_definitions(${name} PRIVATE TEST_DATA="tests/data" MODELS_DIR="models" BACKBONES_DIR="backbones")
  vidi_group_sources(${name})
  if(NOT TEST_OWN_FLAGS)
    vidi_precompile(${name} TEST)
  endif()
  add_test(NAME ${name} COMMAND ${name} "--gtest_output=xml:${CMAKE_BINARY_DIR}/reports/${TEST_LABEL}/${name}.xml"
           WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS "${TEST_LABEL};${wing}" TIMEOUT 900)
  if(TEST_SERVICES)
    vidi_test_services()
    # What waits long begins first.
    set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED services COST 100
                                            ENVIRONMENT "VIDI_TEST_SERVICES=${CMAKE_BINARY_DIR}/services")
  endif()
endfunction()

# vidi_test_program(test program MACRO): the test runs a program of ours, whose path from the project's folder is MACRO.
function(vidi_test_program test program macro)
  if(NOT VIDI_TESTS)
    return()
  endif()
  file(RELATIVE_PATH folder "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/apps/${program}")
  target_compile_definitions(${test} PRIVATE ${macro}="${folder}/${program}")
  add_dependencies(${test} ${program})
endfunction()

# vidi_system_libraries_first(target): Arrow's libraries bring another OpenSSL and another simdjson, and show their functions
# to everybody. A program that takes some from one and some from the other crashes: of one that links Arrow and the
# interfaces of the server, the system's come first.
function(vidi_system_libraries_first target)
  if(TARGET ${target})
    target_link_options(${target} BEFORE PRIVATE LINKER:--no-as-needed,-lssl,-lcrypto,-lsimdjson)
  endif()
endfunction()
