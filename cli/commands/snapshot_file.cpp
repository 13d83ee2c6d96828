#include "cli/commands/snapshot_file.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "core/base/text.h"

namespace limpet::cli {
namespace {

absl::Status cannot(const char* what, const std::string& path) {
  return absl::ErrnoToStatus(errno, str_cat("cannot ", what, " ", path));
}

std::string bytes_of(const Sha256& hash) {
  return std::string(reinterpret_cast<const char*>(hash.data()), hash.size());
}

}  // namespace

SavedFile::~SavedFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

absl::Status SavedFile::begin(bool replace) {
  if (!replace && ::access(path_.c_str(), F_OK) == 0) {
    return absl::AlreadyExistsError(
        str_cat(path_, " is there already; give another name, or --force to replace it"));
  }
  // One left over may have another mode.
  ::unlink(temporary_.c_str());
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  return fd_ < 0 ? cannot("create", temporary_) : absl::OkStatus();
}

absl::Status SavedFile::add(const v1::SaveSnapshotResponse& part) {
  if (part.has_state()) state_ = part.state();
  std::string_view rest = part.data();
  hash_.add(rest);
  bytes_ += rest.size();
  while (!rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot("write", temporary_);
    rest.remove_prefix(static_cast<size_t>(written));
  }
  if (!part.sha256().empty()) expected_hash_ = part.sha256();
  return absl::OkStatus();
}

absl::Status SavedFile::finish() {
  if (expected_hash_.empty()) {
    return absl::DataLossError("the server has ended before all of its database came; try again");
  }
  if (bytes_of(hash_.finish()) != expected_hash_) {
    return absl::DataLossError("what came does not have the checksum it was sent with; try again");
  }
  if (::fsync(fd_) != 0) return cannot("sync", temporary_);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return cannot("write", path_);
  ::close(std::exchange(fd_, -1));
  return absl::OkStatus();
}

absl::Status FileToRestore::begin(const v1::ChangeOptions& options) {
  options_ = options;
  file_.open(path_, std::ios::binary);
  return file_ ? absl::OkStatus() : cannot("open", path_);
}

absl::StatusOr<bool> FileToRestore::next(v1::RestoreSnapshotRequest& part) {
  if (!std::exchange(begun_, true)) *part.mutable_options() = options_;
  std::string& data = *part.mutable_data();
  data.resize(kMaxPart);
  file_.read(data.data(), static_cast<std::streamsize>(data.size()));
  if (file_.bad()) return cannot("read", path_);
  data.resize(static_cast<size_t>(file_.gcount()));
  hash_.add(data);
  if (!file_.eof()) return true;
  part.set_sha256(bytes_of(hash_.finish()));
  return false;
}

}  // namespace limpet::cli
