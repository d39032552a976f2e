"""A project of two wings to try the rules on."""

import contextlib
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

FILES = {
    "cmake/VidiWings.cmake": """
# A comment with (brackets).
set(VIDI_WINGS platform storage serving)
set(VIDI_WING_platform_USES)
set(VIDI_WING_storage_USES platform)
set(VIDI_WING_serving_USES platform storage)
""",
    "src/CMakeLists.txt": "add_subdirectory(platform)\nadd_subdirectory(storage)\nadd_subdirectory(serving)\n",
    "src/platform/CMakeLists.txt": "add_subdirectory(core)\nadd_subdirectory(files)\n",
    "src/platform/core/CMakeLists.txt": "vidi_module(core SOURCES core.cpp DEPENDS fmt::fmt)\n",
    "src/platform/files/CMakeLists.txt": "vidi_module(files SOURCES file.cpp DEPENDS vidi::core)\n",
    "src/storage/CMakeLists.txt": "add_subdirectory(records)\n",
    "src/storage/records/CMakeLists.txt": """
vidi_interface(records_interface DEPENDS vidi::core)
add_subdirectory(memory)
vidi_module(records SOURCES open.cpp DEPENDS vidi::records_interface PRIVATE vidi::records_memory)
vidi_test(records_test SOURCES open_test.cpp DEPENDS vidi::records)
""",
    "src/storage/records/memory/CMakeLists.txt": """
vidi_module(records_memory
  SOURCES memory_store.cpp
  DEPENDS vidi::records_interface
  PRIVATE vidi::files)
""",
    "src/serving/CMakeLists.txt": "add_subdirectory(http)\n",
    "src/serving/http/CMakeLists.txt": "vidi_module(http SOURCES server.cpp DEPENDS vidi::core PRIVATE vidi::records)\n",
    "apps/CMakeLists.txt": "add_subdirectory(vidi)\n",
    "apps/vidi/CMakeLists.txt": "add_executable(vidi main.cpp)\ntarget_link_libraries(vidi PRIVATE vidi::http)\n",
    "src/platform/README.md": "",
    "src/storage/README.md": "",
    "src/serving/README.md": "",
    "src/platform/core/result.hpp": "",
    "src/platform/files/file.hpp": "",
    "src/storage/records/record_store.hpp": "",
    "src/storage/records/memory/memory_store.hpp": "",
    "src/serving/http/server.hpp": "",
    "docs/how-to/run.md": "",
}


@contextlib.contextmanager
def small_tree(**changed):
    """The tree and its files; `changed` has the contents of others by name."""
    from wings import read_tree

    with tempfile.TemporaryDirectory() as folder:
        files = {**FILES, **changed}
        for name, content in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        yield read_tree(folder), list(files)
