#include "server/snapshot_file.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/snapshot/wire.h"

namespace limpet {
namespace {

std::string bytes_of(const Sha256& hash) {
  return std::string(reinterpret_cast<const char*>(hash.data()), hash.size());
}

}  // namespace

void remove_database(const std::filesystem::path& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    ::unlink((path.string() + suffix).c_str());
  }
}

absl::StatusOr<SnapshotDownload> SnapshotDownload::open(const std::filesystem::path& path,
                                                        const StateId& saved) {
  File file(std::fopen(path.c_str(), "rbe"));
  const int error = errno;
  remove_database(path);
  if (file == nullptr) return absl::ErrnoToStatus(error, str_cat("cannot open ", path.string()));
  return SnapshotDownload(std::move(file), saved);
}

absl::StatusOr<v1::SaveSnapshotResponse> SnapshotDownload::next() {
  v1::SaveSnapshotResponse message;
  if (!std::exchange(begun_, true)) *message.mutable_state() = to_proto(saved_);
  std::string& data = *message.mutable_data();
  data.resize(kMaxSnapshotPart);
  data.resize(std::fread(data.data(), 1, data.size(), file_.get()));
  if (std::ferror(file_.get()) != 0) return absl::ErrnoToStatus(errno, "cannot read the file");
  hash_.add(data);
  if (data.size() < kMaxSnapshotPart) {
    message.set_sha256(bytes_of(hash_.finish()));
    done_ = true;
  }
  return message;
}

SnapshotUpload::~SnapshotUpload() {
  file_.reset();
  remove_database(path_);
}

absl::Status SnapshotUpload::begin(const v1::RestoreSnapshotRequest& first) {
  options_ = first.options();
  remove_database(path_);
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return absl::ErrnoToStatus(errno, str_cat("cannot create ", path_.string()));
  file_.reset(::fdopen(fd, "wb"));
  return absl::OkStatus();
}

absl::Status SnapshotUpload::add(const v1::RestoreSnapshotRequest& message) {
  if (file_ == nullptr) {
    if (absl::Status begun = begin(message); !begun.ok()) return begun;
  } else if (message.has_options()) {
    return absl::InvalidArgumentError("options are for the first message alone");
  }
  const std::string& data = message.data();
  if (data.size() > kMaxSnapshotPart) {
    return absl::InvalidArgumentError(
        str_cat("a message has at most ", kMaxSnapshotPart, " bytes of data"));
  }
  if (data.size() > max_bytes_ - bytes_) {
    return absl::ResourceExhaustedError(
        str_cat("a saved database has at most ", max_bytes_, " bytes"));
  }
  const auto failed = [] { return absl::ErrnoToStatus(errno, "cannot keep what was sent"); };
  if (std::fwrite(data.data(), 1, data.size(), file_.get()) != data.size()) return failed();
  bytes_ += data.size();
  hash_.add(data);
  if (message.sha256().empty()) return absl::OkStatus();
  if (bytes_of(hash_.finish()) != message.sha256()) {
    return absl::InvalidArgumentError(
        "what was sent does not have the checksum that it was sent with; send it again");
  }
  if (std::fflush(file_.get()) != 0) return failed();
  complete_ = true;
  return absl::OkStatus();
}

}  // namespace limpet
