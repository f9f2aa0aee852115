# What is installed beside the program, and the Debian package of all of it:
#
#   cmake --build build/release --target modelarts_exporter && cpack -B build --config build/release/CPackConfig.cmake
install(FILES ${CMAKE_CURRENT_LIST_DIR}/man/modelarts_exporter.1
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/bash/modelarts_exporter
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)

# These name /usr/bin and /etc, so they go there, and only with the package.
install(FILES ${CMAKE_CURRENT_LIST_DIR}/systemd/modelarts_exporter.service
        DESTINATION /usr/lib/systemd/system COMPONENT service EXCLUDE_FROM_ALL)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/systemd/modelarts_exporter.default
        DESTINATION /etc/default RENAME modelarts_exporter
        COMPONENT service EXCLUDE_FROM_ALL)
install(FILES ${PROJECT_SOURCE_DIR}/config/modelarts_exporter.yml
        DESTINATION /etc/modelarts_exporter COMPONENT service EXCLUDE_FROM_ALL)
install(DIRECTORY DESTINATION /etc/modelarts_exporter/secrets
        DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
        COMPONENT service EXCLUDE_FROM_ALL)
set(doc /usr/share/doc/modelarts-exporter)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${doc} RENAME copyright
        COMPONENT service EXCLUDE_FROM_ALL)
install(FILES ${PROJECT_SOURCE_DIR}/config/README.md
              ${PROJECT_SOURCE_DIR}/config/full.yml
              ${CMAKE_CURRENT_LIST_DIR}/prometheus/modelarts.rules.yml
        DESTINATION ${doc}/examples COMPONENT service EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME modelarts-exporter)  # Debian allows no underscore.
set(CPACK_PACKAGE_VENDOR modelarts_exporter)
set(CPACK_PACKAGE_CONTACT "modelarts_exporter <maintainers@modelarts-exporter.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL Unspecified service)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"On every scrape it asks the cloud for the state of the latest sync task of each
dataset, and answers with metrics; where a state is not to be had, it says why.")
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_CURRENT_LIST_DIR}/debian/conffiles
    ${CMAKE_CURRENT_LIST_DIR}/debian/postinst
    ${CMAKE_CURRENT_LIST_DIR}/debian/prerm
    ${CMAKE_CURRENT_LIST_DIR}/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
