# What `cmake --install --component vidi` puts under a prefix, which may be moved: bin/vidi, everything it loads in
# lib/vidi, models and documentation in share. Libraries of the C runtime (glibc) are the system's own.

set(VIDI_LIBRARIES lib/vidi)
# An old-style path: unlike the newer kind it also serves libraries that have none of their own.
foreach(program vidi vidi-pdf)
  target_link_options(${program} PRIVATE -Wl,--disable-new-dtags)
endforeach()
set_target_properties(vidi PROPERTIES INSTALL_RPATH "$ORIGIN/../${VIDI_LIBRARIES}")
set_target_properties(vidi-pdf PROPERTIES INSTALL_RPATH "$ORIGIN")

install(TARGETS vidi RUNTIME_DEPENDENCY_SET vidi_libraries RUNTIME DESTINATION bin COMPONENT vidi)
install(TARGETS vidi-pdf RUNTIME_DEPENDENCY_SET vidi_libraries RUNTIME DESTINATION ${VIDI_LIBRARIES} COMPONENT vidi)

# What OpenVINO loads by itself: the processor's kernels, and the readers of the formats that docs/how-to/models.md names. Its
# threads are one library for OpenCV too.
get_target_property(openvino openvino::runtime LOCATION)
get_filename_component(openvino "${openvino}" DIRECTORY)
file(GLOB VIDI_LOADED "${openvino}/libopenvino_intel_cpu_plugin.so" "${openvino}/libopenvino_ir_frontend.so.*"
                      "${openvino}/libopenvino_onnx_frontend.so.*" "${openvino}/libopenvino_tensorflow_frontend.so.*"
                      "${openvino}/libopenvino_tensorflow_lite_frontend.so.*" "${openvino}/libtbbbind_2_5.so.*"
                      "${openvino}/libhwloc.so.*" "${openvino}/libtbb.so.*")
install(FILES ${VIDI_LOADED} "${VIDI_PDFIUM_LIBRARY}" DESTINATION ${VIDI_LIBRARIES} COMPONENT vidi)

install(RUNTIME_DEPENDENCY_SET vidi_libraries
  PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|pthread|resolv|util)\\.so" "^libtbb\\.so"
  LIBRARY DESTINATION ${VIDI_LIBRARIES} COMPONENT vidi)
install(DIRECTORY models backbones DESTINATION share/vidi COMPONENT vidi)
