// The file that an editor is given.
#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "cli/manifest/manifest.h"

namespace limpet::cli {

// A file of its own in $TMPDIR (or /tmp) that only its owner can read: it may hold what is secret.
// It goes with the buffer, unless it is kept.
class EditBuffer {
 public:
  // `ending` is that of the file's name: ".yaml"
  static absl::StatusOr<EditBuffer> make(const std::string& ending);
  ~EditBuffer();
  EditBuffer(EditBuffer&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  EditBuffer& operator=(EditBuffer&&) = delete;

  const std::string& path() const { return path_; }
  absl::Status write(const std::string& text) const;
  absl::StatusOr<std::string> read() const;
  // Leaves the file where it is; its path.
  std::string keep() { return std::exchange(path_, ""); }

 private:
  explicit EditBuffer(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

// The text without the comments that it begins with, and how many lines these are.
struct Body {
  std::string text;
  size_t comment_lines = 0;
};
Body body_of(const std::string& text);

// The text under comments that say how to go on and what is wrong with it, if anything. Lines of
// `problems` are those of `edited`, the text as it was read; they are told as those of the result.
std::string with_comments(const std::string& edited, const std::vector<Problem>& problems);

}  // namespace limpet::cli
