# vcpkg install secur32 --overlay-ports=packaging/vcpkg, from a clone. Rust's cargo is the machine's own.
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../../.." REALPATH)
find_program(CARGO cargo PATHS "$ENV{HOME}/.cargo/bin" REQUIRED)

foreach(kind debug release)
  if(VCPKG_BUILD_TYPE AND NOT VCPKG_BUILD_TYPE STREQUAL kind)
    continue()
  endif()
  if(kind STREQUAL "debug")
    set(profile dev)
    set(prefix "${CURRENT_PACKAGES_DIR}/debug")
  else()
    set(profile release)
    set(prefix "${CURRENT_PACKAGES_DIR}")
  endif()
  vcpkg_execute_required_process(
    COMMAND "${CARGO}" xtask install --prefix "${prefix}" --profile "${profile}"
    WORKING_DIRECTORY "${SOURCE_PATH}"
    LOGNAME "install-${kind}")
endforeach()

# Both kinds of library are installed; the triplet says which one programs get.
if(VCPKG_LIBRARY_LINKAGE STREQUAL "static")
  file(GLOB others "${CURRENT_PACKAGES_DIR}/lib/libsecur32.so*" "${CURRENT_PACKAGES_DIR}/debug/lib/libsecur32.so*"
    "${CURRENT_PACKAGES_DIR}/lib/libsecur32*.dylib" "${CURRENT_PACKAGES_DIR}/debug/lib/libsecur32*.dylib")
  file(REMOVE ${others})
else()
  file(REMOVE "${CURRENT_PACKAGES_DIR}/lib/libsecur32.a" "${CURRENT_PACKAGES_DIR}/debug/lib/libsecur32.a")
endif()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share"
  "${CURRENT_PACKAGES_DIR}/debug/lib/cmake")
# What find_package looks for finds the library from where it is itself.
set(VCPKG_POLICY_SKIP_MISPLACED_CMAKE_FILES_CHECK enabled)
vcpkg_fixup_pkgconfig()
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE-MIT" "${SOURCE_PATH}/LICENSE-APACHE")
