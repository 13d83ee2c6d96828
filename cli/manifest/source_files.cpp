#include "cli/manifest/source_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/base/text.h"

namespace limpet::cli {
namespace {

namespace fs = std::filesystem;

// What stands in for standard input as a name.
constexpr const char* kStandardInput = "-";

absl::Status invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

absl::StatusOr<std::string> read_all(std::istream& input, const std::string& name) {
  std::string text;
  char buffer[64 * 1024];
  while (input.read(buffer, sizeof buffer) || input.gcount() > 0) {
    text.append(buffer, static_cast<size_t>(input.gcount()));
    if (text.size() > kMaxManifestBytes) {
      return invalid(str_cat(name, ": has more than ", kMaxManifestBytes >> 20, " MiB; split it"));
    }
  }
  if (input.bad()) return invalid(str_cat(name, ": cannot be read: ", std::strerror(errno)));
  return text;
}

absl::StatusOr<std::vector<std::string>> manifests_in(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> found;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const fs::path& path = it->path();
    const fs::path extension = path.extension();
    if (extension != ".yaml" && extension != ".yml" && extension != ".json") continue;
    if (!it->is_directory(error)) found.push_back(path.string());
    if (found.size() > kMaxManifestFiles) break;
  }
  if (error) return invalid(str_cat(directory, ": cannot be read: ", error.message()));
  if (found.empty()) {
    return invalid(str_cat(directory, ": has no *.yaml, *.yml or *.json files"));
  }
  std::sort(found.begin(), found.end());
  return found;
}

absl::StatusOr<SourceFile> read_file(const std::string& name) {
  errno = 0;
  std::ifstream input(name, std::ios::binary);
  if (!input) return invalid(str_cat(name, ": cannot be opened: ", std::strerror(errno)));
  absl::StatusOr<std::string> text = read_all(input, name);
  if (!text.ok()) return text.status();
  return SourceFile{name, *std::move(text)};
}

}  // namespace

absl::StatusOr<std::vector<SourceFile>> read_source_files(const std::vector<std::string>& names,
                                                          std::istream& standard_input) {
  std::vector<std::string> paths;
  for (const std::string& name : names) {
    std::error_code error;
    if (name == kStandardInput || !fs::is_directory(name, error)) {
      paths.push_back(name);
      continue;
    }
    absl::StatusOr<std::vector<std::string>> found = manifests_in(name);
    if (!found.ok()) return found.status();
    paths.insert(paths.end(), found->begin(), found->end());
  }
  if (paths.size() > kMaxManifestFiles) {
    return invalid(str_cat("more than ", kMaxManifestFiles, " files at once"));
  }
  std::vector<SourceFile> sources;
  for (const std::string& path : paths) {
    if (path == kStandardInput) {
      absl::StatusOr<std::string> text = read_all(standard_input, path);
      if (!text.ok()) return text.status();
      sources.push_back({path, *std::move(text)});
      continue;
    }
    absl::StatusOr<SourceFile> file = read_file(path);
    if (!file.ok()) return file.status();
    sources.push_back(*std::move(file));
  }
  return sources;
}

}  // namespace limpet::cli
