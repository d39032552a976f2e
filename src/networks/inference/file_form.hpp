#pragma once
// The forms in which a network's file comes. A form is a value of the enum and a line of the table.

#include <array>
#include <string_view>

namespace vidi::inference {

enum class FileForm { onnx, openvino_ir, tensorflow_savedmodel, tensorflow_checkpoint, tflite };

struct FileFormEntry {
  FileForm value;
  std::string_view platform;  // its name in the Open Inference Protocol
  std::string_view ending;    // of the path by which load_model is told of it; empty: a folder
};

inline constexpr std::array<FileFormEntry, 5> kFileForms{
    {{FileForm::onnx, "onnx", ".onnx"},
     {FileForm::openvino_ir, "openvino_ir", ".xml"},
     {FileForm::tensorflow_checkpoint, "tensorflow_checkpoint", ".meta"},
     {FileForm::tflite, "tflite", ".tflite"},
     {FileForm::tensorflow_savedmodel, "tensorflow_savedmodel", ""}}};

// By the path's ending; what has none of the table's is taken for a SavedModel, whose folder may have any name.
FileForm form_of(std::string_view path);

std::string_view platform_name(FileForm form);

}  // namespace vidi::inference
