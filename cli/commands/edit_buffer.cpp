#include "cli/commands/edit_buffer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "core/base/text.h"

namespace limpet::cli {
namespace {

constexpr std::string_view kIntroduction[] = {
    "# Edit the object below, save it and leave the editor. Comments at the beginning are ignored;",
    "# an empty file, or one without a change, cancels the edit. What is refused is shown again."};

absl::Status cannot(const char* what, const std::string& path) {
  return absl::InvalidArgumentError(
      str_cat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

// For a comment, in one line. Requires: `line` counts from 1.
std::string comment_of(const Problem& problem, size_t line) {
  std::string text = str_cat("# ", line, ":", problem.mark.column, ": ", problem.field,
                             problem.field.empty() ? "" : ": ", problem.message);
  for (char& c : text) c = c == '\n' || c == '\r' ? ' ' : c;
  return text + "\n";
}

}  // namespace

absl::StatusOr<EditBuffer> EditBuffer::make(const std::string& ending) {
  const char* directory = std::getenv("TMPDIR");
  const bool given = directory != nullptr && *directory != '\0';
  std::string path = str_cat(given ? directory : "/tmp", "/gwctl-edit-XXXXXX", ending);
  const int fd = mkstemps(path.data(), static_cast<int>(ending.size()));  // with mode 0600
  if (fd < 0) return cannot("make", path);
  close(fd);
  return EditBuffer(std::move(path));
}

EditBuffer::~EditBuffer() {
  if (!path_.empty()) unlink(path_.c_str());
}

// What is there stays when there is no room for another.
absl::Status EditBuffer::write(const std::string& text) const {
  std::string next = path_ + ".XXXXXX";
  const int fd = mkstemp(next.data());  // with mode 0600
  if (fd < 0) return cannot("write", path_);
  close(fd);
  std::ofstream file(next, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file && rename(next.c_str(), path_.c_str()) == 0) return absl::OkStatus();
  absl::Status failed = cannot("write", path_);
  unlink(next.c_str());
  return failed;
}

absl::StatusOr<std::string> EditBuffer::read() const {
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0) return cannot("read", path_);
  if (static_cast<size_t>(status.st_size) > kMaxManifestBytes) {
    return absl::InvalidArgumentError(
        str_cat(path_, " is larger than ", kMaxManifestBytes >> 20, " MiB"));
  }
  std::ifstream file(path_, std::ios::binary);
  std::ostringstream text;
  if (status.st_size > 0) text << file.rdbuf();
  return file && text ? absl::StatusOr<std::string>(text.str()) : cannot("read", path_);
}

Body body_of(const std::string& text) {
  Body body;
  size_t at = 0;
  while (at < text.size() && text[at] == '#') {
    at = std::min(text.find('\n', at), text.size() - 1) + 1;
    ++body.comment_lines;
  }
  body.text = text.substr(at);
  return body;
}

std::string with_comments(const std::string& edited, const std::vector<Problem>& problems) {
  const Body body = body_of(edited);
  std::string text;
  for (const std::string_view line : kIntroduction) text += str_cat(line, "\n");
  const size_t comment_lines = std::size(kIntroduction) + problems.size();
  for (const Problem& problem : problems) {
    const auto line = static_cast<size_t>(problem.mark.line);
    // In front of the body there is nothing that a problem could be of.
    text += comment_of(problem,
                       std::max(line, body.comment_lines + 1) - body.comment_lines + comment_lines);
  }
  return text + body.text;
}

}  // namespace limpet::cli
