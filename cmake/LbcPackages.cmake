# SPDX-License-Identifier: LGPL-2.1-or-later
# What is installed where, in four components, each a Debian package: the programs (l-bnl-compress), the HDF5 plugin
# (libh5lbc), the library (liblbc1), and what C programs are made with it (liblbc-dev).

# ---- the programs ----
foreach(program l_bnl_compress l_bnl_compare l_bnl_simulate)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME COMPONENT programs)
  endif()
endforeach()
file(GLOB LBC_DOCUMENTS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/*.md ${PROJECT_SOURCE_DIR}/docs/*.json
     ${PROJECT_SOURCE_DIR}/docs/*.png)
install(FILES README.md CHANGELOG.md CONTRIBUTING.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/l-bnl-compress
        COMPONENT programs)
install(FILES ${LBC_DOCUMENTS} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/l-bnl-compress/docs COMPONENT programs)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/l-bnl-compress RENAME copyright COMPONENT programs)

# ---- the plugin ----
# HDF5 looks in one folder of its own, or in those of HDF5_PLUGIN_PATH instead. Installed into the system (/usr,
# /usr/local) the plugin goes to HDF5's folder; below any other prefix, to the same place under it.
set(LBC_PLUGIN_DIR "" CACHE STRING "where the HDF5 plugin goes, below the prefix if relative; empty: where HDF5 looks")
find_file(LBC_HDF5_CONFIGURATION H5pubconf.h HINTS ${HDF5_INCLUDE_DIRS} NO_CACHE)
if(LBC_HDF5_CONFIGURATION)
  file(STRINGS ${LBC_HDF5_CONFIGURATION} line REGEX "define H5_DEFAULT_PLUGINDIR ")
  string(REGEX REPLACE ".*\"(.*)\".*" "\\1" LBC_HDF5_PLUGINS "${line}")
endif()
if(NOT LBC_HDF5_PLUGINS)
  set(LBC_HDF5_PLUGINS /usr/local/hdf5/lib/plugin)
endif()
if(TARGET h5lbc)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/install-plugin.cmake.in ${PROJECT_BINARY_DIR}/install-plugin.cmake.in @ONLY)
  file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/install-plugin.cmake
       INPUT ${PROJECT_BINARY_DIR}/install-plugin.cmake.in)
  install(SCRIPT ${PROJECT_BINARY_DIR}/install-plugin.cmake COMPONENT plugin)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libh5lbc RENAME copyright COMPONENT plugin)
  install(FILES docs/FORMAT.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libh5lbc COMPONENT plugin)
endif()

# ---- the library ----
# One shared library of all rooms that liblbc is made of; it exports what lbc.h marks LBC_API, and nothing else.
include(CMakePackageConfigHelpers)
set(rooms)
foreach(room base frame codec metadata nexus report export pipeline)
  if(TARGET lbc_${room})
    list(APPEND rooms lbc_${room})
  endif()
endforeach()
list(TRANSFORM rooms REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
add_library(lbc SHARED ${objects})
add_library(lbc::lbc ALIAS lbc)
set_target_properties(lbc PROPERTIES LINKER_LANGUAGE C VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_link_libraries(lbc PRIVATE ${rooms} lbc_flags)
target_link_options(lbc PRIVATE -Wl,--exclude-libs,ALL)
if(NOT LBC_SANITIZE)
  target_link_options(lbc PRIVATE -Wl,--no-undefined)
endif()
target_include_directories(lbc INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
file(RELATIVE_PATH LBC_PC_UP /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/lbc.pc.in ${PROJECT_BINARY_DIR}/lbc.pc @ONLY)
set(LBC_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/lbc)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lbcConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(TARGETS lbc EXPORT lbc LIBRARY COMPONENT library NAMELINK_COMPONENT development)
install(EXPORT lbc FILE lbcConfig.cmake NAMESPACE lbc:: DESTINATION ${LBC_CMAKE_DIR} COMPONENT development)
install(FILES ${PROJECT_BINARY_DIR}/lbcConfigVersion.cmake DESTINATION ${LBC_CMAKE_DIR} COMPONENT development)
install(FILES include/lbc.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(FILES ${PROJECT_BINARY_DIR}/lbc.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
install(DIRECTORY examples/ DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/liblbc-dev/examples COMPONENT development)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/liblbc1 RENAME copyright COMPONENT library)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/liblbc-dev RENAME copyright COMPONENT development)

# ---- cpack -G DEB ----
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "the authors of l_bnl_compress")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL programs plugin library development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)

set(CPACK_DEBIAN_PROGRAMS_PACKAGE_NAME l-bnl-compress)
set(CPACK_COMPONENT_PROGRAMS_DESCRIPTION "massive compression of macromolecular-crystallography image series
 Sums, bins and compresses NeXus HDF5 image series with HCompress or JPEG 2000.")
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_RECOMMENDS libh5lbc)
set(CPACK_DEBIAN_PLUGIN_PACKAGE_NAME libh5lbc)
set(CPACK_DEBIAN_PLUGIN_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_PLUGIN_DESCRIPTION "HDF5 filter for the codestreams of l_bnl_compress
 With it every program on HDF5 reads image series written with -c hcomp or -c j2k.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME liblbc-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "liblbc${PROJECT_VERSION_MAJOR} (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "l_bnl_compress for C programs
 The header lbc.h, files for pkg-config and CMake, and examples.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME liblbc${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "the library of l_bnl_compress
 Reads, compares and compresses NeXus HDF5 image series of macromolecular crystallography.")
include(CPack)
