// A saved database on its way between a file and messages of the API. Knows no gRPC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "core/base/secure_hash.h"
#include "core/snapshot/state_id.h"
#include "limpet/v1/management.pb.h"

namespace limpet {

inline constexpr size_t kMaxSnapshotPart = 1024 * 1024;            // bytes in one message
inline constexpr uint64_t kMaxSnapshotBytes = uint64_t{64} << 30;  // as the database itself

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// Removes a database and what SQLite keeps beside it, where it is.
void remove_database(const std::filesystem::path& path);

// A saved file as messages. The file's name is gone once it is open. Not thread-safe.
class SnapshotDownload {
 public:
  static absl::StatusOr<SnapshotDownload> open(const std::filesystem::path& path,
                                               const StateId& saved);

  // The first names the state; the last one has the checksum. Requires: not done().
  absl::StatusOr<v1::SaveSnapshotResponse> next();
  bool done() const { return done_; }

 private:
  SnapshotDownload(File file, const StateId& saved) : file_(std::move(file)), saved_(saved) {}

  File file_;
  StateId saved_;
  Sha256Stream hash_;
  bool begun_ = false;
  bool done_ = false;
};

// Messages as a file, which is removed at the end. Not thread-safe.
class SnapshotUpload {
 public:
  explicit SnapshotUpload(std::filesystem::path path, uint64_t max_bytes = kMaxSnapshotBytes)
      : path_(std::move(path)), max_bytes_(max_bytes) {}
  ~SnapshotUpload();
  SnapshotUpload(const SnapshotUpload&) = delete;
  SnapshotUpload& operator=(const SnapshotUpload&) = delete;

  // INVALID_ARGUMENT: out of turn, or not what was sent. RESOURCE_EXHAUSTED: too long, or the disk
  // is full. Requires: not complete().
  absl::Status add(const v1::RestoreSnapshotRequest& message);
  // All of it is in the file, which has the checksum that the sender told.
  bool complete() const { return complete_; }

  const v1::ChangeOptions& options() const { return options_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  absl::Status begin(const v1::RestoreSnapshotRequest& first);

  const std::filesystem::path path_;
  const uint64_t max_bytes_;
  v1::ChangeOptions options_;
  File file_;
  Sha256Stream hash_;
  uint64_t bytes_ = 0;
  bool complete_ = false;
};

}  // namespace limpet
