#pragma once
// A standard scaler and principal components as Parquet files. docs/reference/formats/features.md describes the
// columns.

#include <filesystem>

#include "core/result.hpp"
#include "statistics/pca.hpp"
#include "statistics/standard_scaler.hpp"

namespace vidi::tables {

// A file is replaced as a whole, durable when this returns. Errors: internal (the folder is missing or cannot be
// written, the disk is full).
Result<void> write_scaler(const std::filesystem::path& path, const statistics::StandardScaler& scaler);
Result<void> write_pca(const std::filesystem::path& path, const statistics::Pca& pca);

// Errors: invalid_argument (no such file, no Parquet, columns missing, or numbers that do not belong together).
Result<statistics::StandardScaler> read_scaler(const std::filesystem::path& path);
// Of components of scaled rows: their means are 0.
Result<statistics::Pca> read_pca(const std::filesystem::path& path);

}  // namespace vidi::tables
