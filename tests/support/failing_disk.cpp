// A disk that fails, without privileges: a library to be preloaded (LD_PRELOAD) into a program
// under test. Below the directory FAILING_DISK_DIR, and while the file FAILING_DISK_SWITCH holds
// one of these words, calls fail with the error of that name:
//
//   ENOSPC   what writes or lengthens a file: a full disk
//   EROFS    the same, and opening a file for writing: a disk that has become read-only
//   EIO      fsync and fdatasync: what a failing disk says of writes that the page cache took
//
// Everything else goes to the kernel as it is: by system call, so that nothing depends on which
// library comes next (a sanitizer's, perhaps). Writes through a mapping are not seen; the only one
// is SQLite's -shm, which is no data: it is made anew from the log when a process has died.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

static_assert(sizeof(off_t) == 8 && sizeof(long) == 8, "offsets are one argument of a system call");

namespace {

int open_file(const char* path, int flags, mode_t mode) {
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

// The error that the switch asks for; 0: none.
int wanted_error() {
  const char* path = std::getenv("FAILING_DISK_SWITCH");
  if (path == nullptr) return 0;
  const int fd = open_file(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return 0;
  char buffer[16] = {};
  const ssize_t size = ::read(fd, buffer, sizeof(buffer));
  ::close(fd);
  const std::string_view word(buffer, size > 0 ? static_cast<size_t>(size) : 0);
  if (word.starts_with("ENOSPC")) return ENOSPC;
  if (word.starts_with("EROFS")) return EROFS;
  return word.starts_with("EIO") ? EIO : 0;
}

bool is_on_disk(std::string_view path) {
  const char* directory = std::getenv("FAILING_DISK_DIR");
  return directory != nullptr && path.starts_with(std::string(directory) + '/');
}

bool is_on_disk(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), path, sizeof(path));
  return size > 0 && is_on_disk(std::string_view(path, static_cast<size_t>(size)));
}

// The error of a call that writes to the file, or (`sync`) waits for it to be written; 0: none.
// Leaves errno alone.
int error_of(int fd, bool sync) {
  const int before = errno;
  int error = is_on_disk(fd) ? wanted_error() : 0;
  if ((error == EIO) != sync) error = 0;
  errno = before;
  return error;
}

template <typename... Arguments>
long call(bool sync, long number, int fd, Arguments... arguments) {
  if (const int error = error_of(fd, sync); error != 0) {
    errno = error;
    return -1;
  }
  return ::syscall(number, fd, arguments...);
}

int open_checked(const char* path, int flags, mode_t mode) {
  const int before = errno;
  const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
  if (writes && is_on_disk(path) && wanted_error() == EROFS) {
    errno = EROFS;
    return -1;
  }
  errno = before;
  return open_file(path, flags, mode);
}

mode_t mode_of(int flags, va_list arguments) {
  const bool given = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return given ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  return call(false, SYS_write, fd, bytes, size);
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return call(false, SYS_pwrite64, fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  return call(false, SYS_pwrite64, fd, bytes, size, offset);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  return call(false, SYS_writev, fd, parts, count);
}

int ftruncate(int fd, off_t size) noexcept {
  return static_cast<int>(call(false, SYS_ftruncate, fd, size));
}

int ftruncate64(int fd, off64_t size) noexcept {
  return static_cast<int>(call(false, SYS_ftruncate, fd, size));
}

int fallocate(int fd, int mode, off_t offset, off_t size) {
  return static_cast<int>(call(false, SYS_fallocate, fd, mode, offset, size));
}

int posix_fallocate(int fd, off_t offset, off_t size) {
  return call(false, SYS_fallocate, fd, 0, offset, size) == 0 ? 0 : errno;
}

int fsync(int fd) { return static_cast<int>(call(true, SYS_fsync, fd)); }

int fdatasync(int fd) { return static_cast<int>(call(true, SYS_fdatasync, fd)); }

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_checked(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_checked(path, flags, mode);
}

}  // extern "C"
