# SPDX-License-Identifier: 0BSD
# tenon_add_plugin(NAME SOURCE...): makes NAME.so, a plugin of tenon, and installs it where the broker looks for it.
#
#   find_package(PkgConfig REQUIRED)
#   pkg_get_variable(TENON_SDK_DIR tenon-sdk sdk_dir)
#   include(${TENON_SDK_DIR}/tenon-plugin.cmake)
#
# pkg-config gives headers, visibility, version script and link flags; the rest is here. NAME is a target: link what
# else the plugin needs to it. A C++ plugin gets C++20, unless CMAKE_CXX_STANDARD says more.
find_package(PkgConfig REQUIRED)
pkg_check_modules(TENON_SDK REQUIRED IMPORTED_TARGET tenon-sdk)
pkg_get_variable(TENON_SDK_PLUGIN_DIR tenon-sdk plugin_dir)
pkg_get_variable(TENON_SDK_PLUGIN_MAP tenon-sdk plugin_map)

function(tenon_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE PkgConfig::TENON_SDK)
  if(NOT DEFINED CMAKE_CXX_STANDARD)
    set_target_properties(${name} PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON)
  endif()
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS "${TENON_SDK_PLUGIN_MAP}")
  install(TARGETS ${name} LIBRARY DESTINATION "${TENON_SDK_PLUGIN_DIR}")
endfunction()
