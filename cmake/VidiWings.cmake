# The wings of src/, from the bottom up, and the wings that each may use. A module sees the headers of its own wing and of
# the wings that it links, and it may link no others: a wrong include does not compile. `make lint` names the same rules.
# Read by scripts/wings.py too, so keep one line per wing.

set(VIDI_WINGS platform vision networks storage serving batch administration training)

set(VIDI_WING_platform_USES)
set(VIDI_WING_vision_USES platform)
set(VIDI_WING_networks_USES platform vision)
set(VIDI_WING_storage_USES platform)
set(VIDI_WING_serving_USES platform vision networks storage)
set(VIDI_WING_batch_USES platform vision networks storage)
set(VIDI_WING_administration_USES platform vision networks storage serving batch)
set(VIDI_WING_training_USES platform vision networks)

# vidi_wing_of(variable): the wing whose folder is being read.
function(vidi_wing_of variable)
  file(RELATIVE_PATH path "${CMAKE_SOURCE_DIR}/src" "${CMAKE_CURRENT_SOURCE_DIR}")
  string(REGEX MATCH "^[^/]+" wing "${path}")
  if(NOT wing IN_LIST VIDI_WINGS)
    message(FATAL_ERROR "src/${path} is in no wing. The wings are: ${VIDI_WINGS} (cmake/VidiWings.cmake).")
  endif()
  set(${variable} "${wing}" PARENT_SCOPE)
endfunction()

# vidi_check_dependencies(target wing dependency...): refuses a module of a wing that this wing may not use, and one that
# is not declared yet, since dependencies point down.
function(vidi_check_dependencies target wing)
  foreach(dependency IN LISTS ARGN)
    if(NOT dependency MATCHES "^vidi::")
      continue()
    endif()
    if(NOT TARGET ${dependency})
      message(FATAL_ERROR "${target} links ${dependency}, which stands below it or nowhere. Modules link only what "
                          "comes before them in src/CMakeLists.txt and in their wing's CMakeLists.txt.")
    endif()
    get_target_property(other ${dependency} VIDI_WING)
    if(other AND NOT other STREQUAL wing AND NOT other IN_LIST VIDI_WING_${wing}_USES)
      message(FATAL_ERROR "${target} links ${dependency}, but ${wing} may not use ${other}. It may use: "
                          "${VIDI_WING_${wing}_USES} (cmake/VidiWings.cmake).")
    endif()
  endforeach()
endfunction()
