// The directory that a daemon keeps its state in: one process at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace limpet {

// Holds an exclusive lock (flock on the file LOCK inside) for as long as it lives. The kernel
// drops the lock with the process, however that ends.
class DataDir {
 public:
  // Creates the directory (mode 0700, parents too) when it is not there, and checks that files
  // can be written in it. FAILED_PRECONDITION names the process that has it; PERMISSION_DENIED
  // and the like name the directory.
  static absl::StatusOr<DataDir> open(const std::filesystem::path& path);

  DataDir(DataDir&& other) noexcept;
  DataDir& operator=(DataDir&& other) noexcept;
  ~DataDir();

  const std::filesystem::path& path() const { return path_; }
  // A file's path inside.
  std::filesystem::path file(std::string_view name) const { return path_ / name; }

 private:
  DataDir(std::filesystem::path path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  std::filesystem::path path_;
  int lock_fd_ = -1;
};

// The file has the old bytes or the new ones at every moment, also across a power cut: written
// beside it as "NAME.tmp", synced, renamed, and the directory synced. One writer per path.
// RESOURCE_EXHAUSTED when the disk is full.
absl::Status write_file_atomically(const std::filesystem::path& path, std::string_view bytes,
                                   mode_t mode = 0600);

// NOT_FOUND when there is none; RESOURCE_EXHAUSTED when it is longer than `max_bytes`.
absl::StatusOr<std::string> read_file(const std::filesystem::path& path, uint64_t max_bytes);

}  // namespace limpet
