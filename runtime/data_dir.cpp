#include "runtime/data_dir.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>


#include "core/base/text.h"

namespace limpet {
namespace {

// A file descriptor that closes itself.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

absl::Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return absl::ErrnoToStatus(errno, "write");
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status sync_directory(const std::filesystem::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) {
    return absl::ErrnoToStatus(errno, str_cat("cannot sync ", path.string()));
  }
  return absl::OkStatus();
}

absl::Status make_directory(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return absl::OkStatus();
  error.clear();
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (!error && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    error = std::error_code(errno, std::generic_category());
  }
  if (!error && !std::filesystem::is_directory(path, error) && !error) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (!error) return absl::OkStatus();
  return absl::ErrnoToStatus(error.value(),
                             str_cat("cannot create data directory ", path.string()));
}

// Says who has the lock, as far as the file tells.
absl::Status in_use(const std::filesystem::path& path, int fd) {
  char pid[24] = {};
  const ssize_t n = ::pread(fd, pid, sizeof(pid) - 1, 0);
  std::string_view text(pid, n > 0 ? static_cast<size_t>(n) : 0);
  if (text.ends_with('\n')) text.remove_suffix(1);
  return absl::FailedPreconditionError(
      str_cat("data directory ", path.string(), " is in use by ",
                   text.empty() ? "another process" : str_cat("process ", text),
                   "; stop that, or choose another with --data-dir"));
}

// The lock's file may be there already while the directory takes no new one.
absl::Status check_writable(const std::filesystem::path& path) {
  const std::filesystem::path probe = path / ".probe";
  const Fd fd(::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (fd.get() < 0) {
    return absl::ErrnoToStatus(
        errno, str_cat("data directory ", path.string(), " is not writable"));
  }
  ::unlink(probe.c_str());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DataDir> DataDir::open(const std::filesystem::path& path) {
  if (absl::Status made = make_directory(path); !made.ok()) return made;
  if (absl::Status writable = check_writable(path); !writable.ok()) return writable;
  const std::filesystem::path lock = path / "LOCK";
  Fd fd(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (fd.get() < 0) {
    return absl::ErrnoToStatus(errno, str_cat("cannot open ", lock.string()));
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return in_use(path, fd.get());
    return absl::ErrnoToStatus(errno, str_cat("cannot lock ", lock.string()));
  }
  // For the message of the next one that comes; with a full disk we go on without.
  const std::string pid = str_cat(::getpid(), "\n");
  if (::ftruncate(fd.get(), 0) == 0) (void)write_all(fd.get(), pid);
  return DataDir(path, fd.release());
}

DataDir::DataDir(DataDir&& other) noexcept
    : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

DataDir& DataDir::operator=(DataDir&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_fd_, other.lock_fd_);
  return *this;
}

DataDir::~DataDir() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

absl::Status write_file_atomically(const std::filesystem::path& path, std::string_view bytes,
                                   mode_t mode) {
  std::filesystem::path temporary = path;
  temporary += ".tmp";
  const auto failed = [&](const absl::Status& status) {
    ::unlink(temporary.c_str());
    return absl::Status(status.code(),
                        str_cat("cannot write ", path.string(), ": ", status.message()));
  };
  // One left over by a crash may have another mode.
  ::unlink(temporary.c_str());
  {
    const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (fd.get() < 0) return failed(absl::ErrnoToStatus(errno, "open"));
    if (absl::Status wrote = write_all(fd.get(), bytes); !wrote.ok()) return failed(wrote);
    if (::fsync(fd.get()) != 0) return failed(absl::ErrnoToStatus(errno, "fsync"));
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    return failed(absl::ErrnoToStatus(errno, "rename"));
  }
  return sync_directory(path.has_parent_path() ? path.parent_path() : ".");
}

absl::StatusOr<std::string> read_file(const std::filesystem::path& path, uint64_t max_bytes) {
  const auto failed = [&](int error) {
    return absl::ErrnoToStatus(error, str_cat("cannot read ", path.string()));
  };
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return failed(errno);
  std::string bytes;
  char buffer[64 * 1024];
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno);
    if (n == 0) return bytes;
    if (bytes.size() + static_cast<size_t>(n) > max_bytes) {
      return absl::ResourceExhaustedError(
          str_cat(path.string(), " is longer than ", max_bytes, " bytes"));
    }
    bytes.append(buffer, static_cast<size_t>(n));
  }
}

}  // namespace limpet
