// What the -f flags name: files, directories, standard input.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

namespace limpet::cli {

inline constexpr size_t kMaxManifestBytes = 64 << 20;  // of one file
inline constexpr size_t kMaxManifestFiles = 10'000;    // of one command

struct SourceFile {
  std::string name;  // as a person would find it; "-" for standard input
  std::string text;
};

// A directory gives its *.yaml, *.yml and *.json files by name, without its subdirectories. The
// error names the argument.
absl::StatusOr<std::vector<SourceFile>> read_source_files(const std::vector<std::string>& names,
                                                          std::istream& standard_input);

}  // namespace limpet::cli
