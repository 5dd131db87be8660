# What every target of the project is made with: warnings, precompiled headers, libraries of Debian 12.

option(THONGSUOT_WERROR "Treat warnings as errors" OFF)
set(THONGSUOT_SANITIZE "" CACHE STRING
  "Build with clang's sanitizers: address (with UBSan, and the fuzz targets for libFuzzer) or thread")

find_package(PkgConfig REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(QRENCODE REQUIRED IMPORTED_TARGET libqrencode)
find_package(pugixml REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CapnProto REQUIRED)
find_package(Threads REQUIRED)
find_library(LMDB_LIBRARY lmdb REQUIRED)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)  # lets ccache see through precompiled headers
else()
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")  # the same for clang
endif()

add_library(warnings INTERFACE)
target_compile_options(warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align -Woverloaded-virtual
  -Wnull-dereference -Wimplicit-fallthrough)
if(THONGSUOT_WERROR)
  target_compile_options(warnings INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports null dereferences, overlaps and overflows inside its own headers once it has inlined them.
  target_compile_options(warnings INTERFACE -Wno-null-dereference -Wno-restrict -Wno-stringop-overflow
    -Wno-array-bounds -Wno-maybe-uninitialized -Wno-stringop-overread)
endif()
if(THONGSUOT_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(THONGSUOT_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
  add_compile_definitions(ASIO_DISABLE_FENCED_BLOCK)  # TSan does not know fences
elseif(THONGSUOT_SANITIZE)
  message(FATAL_ERROR "THONGSUOT_SANITIZE is '${THONGSUOT_SANITIZE}'; it may be address or thread")
endif()

# One folder, one namespace, one target: ts_library(name SOURCES … [PUBLIC …] [PRIVATE …]).
function(ts_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES OUTPUT_NAME "ts_${name}")
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} warnings)
  ts_precompile(${name})
endfunction()

function(ts_precompile name)
  target_precompile_headers(${name} PRIVATE
    <algorithm> <array> <cstdint> <cstring> <functional> <map> <memory> <optional> <span> <string>
    <string_view> <utility> <variant> <vector>)
endfunction()

# ts_executable(name SOURCES … LIBRARIES …): a binary that users start.
function(ts_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} warnings)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
endfunction()

# ts_test(name [TIMEOUT seconds] SOURCES … LIBRARIES …): a Catch2 binary; each test case becomes one ctest, skipped ones by name.
function(ts_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} Catch2::Catch2WithMain warnings)
  target_precompile_headers(${name} PRIVATE <catch2/catch.hpp>)
  catch_discover_tests(${name} TEST_PREFIX "${name}: "
    PROPERTIES SKIP_REGULAR_EXPRESSION "SKIPPED:" TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "THONGSUOT_TEST_DATA=${THONGSUOT_TEST_DATA};THONGSUOT_TEST_VECTORS=${THONGSUOT_TEST_VECTORS}")
endfunction()

# Third-party tables and vectors are read where they lie, beside the project, and never committed.
foreach(kind DATA VECTORS)
  string(TOLOWER ${kind} folder)
  if(DEFINED ENV{THONGSUOT_TEST_${kind}})
    set(default "$ENV{THONGSUOT_TEST_${kind}}")
  else()
    set(default "${CMAKE_SOURCE_DIR}/../shared/${folder}")
  endif()
  set(THONGSUOT_TEST_${kind} "${default}" CACHE PATH "Published ${folder} that some tests need")
endforeach()
