// The files of gwctl snapshot: what is saved comes in parts, and what is restored goes in parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "core/base/secure_hash.h"
#include "limpet/v1/management.pb.h"

namespace limpet::cli {

// Appears under its name when all of it is there, readable by its owner alone. Without finish()
// nothing is left of it.
class SavedFile {
 public:
  explicit SavedFile(std::string path) : path_(std::move(path)) {}
  ~SavedFile();
  SavedFile(const SavedFile&) = delete;
  SavedFile& operator=(const SavedFile&) = delete;

  // ALREADY_EXISTS: there is such a file, and it is not to be replaced.
  absl::Status begin(bool replace);
  absl::Status add(const v1::SaveSnapshotResponse& part);
  // DATA_LOSS: not all of it came, or it is not what was sent.
  absl::Status finish();

  const v1::StateId& state() const { return state_; }
  uint64_t bytes() const { return bytes_; }

 private:
  const std::string path_;
  const std::string temporary_ = path_ + ".tmp";
  int fd_ = -1;
  v1::StateId state_;
  uint64_t bytes_ = 0;
  Sha256Stream hash_;
  std::string expected_hash_;
};

class FileToRestore {
 public:
  static constexpr size_t kMaxPart = 1024 * 1024;  // bytes in a message, as the server takes them

  explicit FileToRestore(std::string path) : path_(std::move(path)) {}

  absl::Status begin(const v1::ChangeOptions& options);
  // Fills in the next part; false: it is the last one.
  absl::StatusOr<bool> next(v1::RestoreSnapshotRequest& part);

 private:
  const std::string path_;
  std::ifstream file_;
  v1::ChangeOptions options_;
  bool begun_ = false;
  Sha256Stream hash_;
};

}  // namespace limpet::cli
