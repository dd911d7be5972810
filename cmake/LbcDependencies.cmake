# SPDX-License-Identifier: LGPL-2.1-or-later
# The libraries we stand on. Each is linked only by the room that wraps it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET hdf5)
pkg_check_modules(OPENJPEG REQUIRED IMPORTED_TARGET libopenjp2>=2.5)
pkg_check_modules(CFITSIO REQUIRED IMPORTED_TARGET cfitsio)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
find_library(LBC_BLOSC_LIBRARY blosc REQUIRED)
find_path(LBC_BLOSC_INCLUDE blosc.h REQUIRED)
add_library(lbc_blosc INTERFACE)
target_link_libraries(lbc_blosc INTERFACE ${LBC_BLOSC_LIBRARY})
target_include_directories(lbc_blosc SYSTEM INTERFACE ${LBC_BLOSC_INCLUDE})
