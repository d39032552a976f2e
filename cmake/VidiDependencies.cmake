# Every library that vidi uses, found once. Headers of libraries are system headers: our warnings do not apply to them.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(JPEG REQUIRED)
find_package(GIF REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
# Thresholds, components and warps; never imgcodecs, which brings GDAL. Found by hand: Debian keeps OpenCV's CMake package
# in libopencv-dev, which brings every module of it.
find_path(VIDI_OPENCV_INCLUDE opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
foreach(module core imgproc)
  find_library(VIDI_OPENCV_${module} opencv_${module} REQUIRED)
  add_library(opencv_${module} SHARED IMPORTED)
  set_target_properties(opencv_${module} PROPERTIES
    IMPORTED_LOCATION "${VIDI_OPENCV_${module}}"
    INTERFACE_INCLUDE_DIRECTORIES "${VIDI_OPENCV_INCLUDE}")
endforeach()
target_link_libraries(opencv_imgproc INTERFACE opencv_core)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(SPNG REQUIRED IMPORTED_TARGET spng)
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
find_package(Boost 1.81 REQUIRED)

# Boost's Asio and Beast, with coroutines. What of them is no template is compiled once, and not in each source.
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/boost.cpp" CONTENT
     "#include <boost/asio/impl/src.hpp>\n#include <boost/asio/ssl/impl/src.hpp>\n#include <boost/beast/src.hpp>\n")
add_library(vidi_boost STATIC "${CMAKE_BINARY_DIR}/boost.cpp")
add_library(vidi::boost ALIAS vidi_boost)
target_link_libraries(vidi_boost PUBLIC Boost::boost Threads::Threads OpenSSL::SSL OpenSSL::Crypto)
target_compile_definitions(vidi_boost PUBLIC BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_DATE_TIME
                                             BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)

# OpenVINO comes as a wheel that carries its C++ headers, libraries and CMake package.
file(GLOB VIDI_OPENVINO_CMAKE "${VIDI_VENV}/lib/python3*/site-packages/openvino/cmake")
if(NOT VIDI_OPENVINO_CMAKE)
  message(FATAL_ERROR "OpenVINO is not in ${VIDI_VENV}. Run scripts/setup.sh, which installs it.")
endif()
find_package(OpenVINO REQUIRED COMPONENTS Runtime PATHS "${VIDI_OPENVINO_CMAKE}" NO_DEFAULT_PATH)

# Arrow comes as a wheel that carries its C++ headers and libraries, without a CMake package.
file(GLOB VIDI_ARROW "${VIDI_VENV}/lib/python3*/site-packages/pyarrow")
if(NOT VIDI_ARROW)
  message(FATAL_ERROR "Arrow is not in ${VIDI_VENV}. Run scripts/setup.sh, which installs it.")
endif()
file(GLOB VIDI_ARROW_LIBRARIES "${VIDI_ARROW}/libarrow.so.*" "${VIDI_ARROW}/libarrow_s3.so.*")
add_library(vidi_arrow INTERFACE)
add_library(vidi::arrow ALIAS vidi_arrow)
target_include_directories(vidi_arrow SYSTEM INTERFACE "${VIDI_ARROW}/include")
target_link_libraries(vidi_arrow INTERFACE ${VIDI_ARROW_LIBRARIES})
file(GLOB VIDI_PARQUET_LIBRARY "${VIDI_ARROW}/libparquet.so.*")
file(GLOB VIDI_ARROW_LIBRARY "${VIDI_ARROW}/libarrow.so.*")
add_library(vidi_parquet INTERFACE)
add_library(vidi::parquet ALIAS vidi_parquet)
target_include_directories(vidi_parquet SYSTEM INTERFACE "${VIDI_ARROW}/include")
target_link_libraries(vidi_parquet INTERFACE ${VIDI_PARQUET_LIBRARY} ${VIDI_ARROW_LIBRARY})

# PDFium is the library of a wheel, without headers; only the program vidi-pdf loads it, at run time.
file(GLOB VIDI_PDFIUM_LIBRARY "${VIDI_VENV}/lib/python3*/site-packages/pypdfium2_raw/libpdfium.so")
if(NOT VIDI_PDFIUM_LIBRARY)
  message(FATAL_ERROR "PDFium is not in ${VIDI_VENV}. Run scripts/setup.sh, which installs it.")
endif()
list(GET VIDI_PDFIUM_LIBRARY 0 VIDI_PDFIUM_LIBRARY)

if(VIDI_TESTS)
  find_package(GTest REQUIRED)

endif()
if(VIDI_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
