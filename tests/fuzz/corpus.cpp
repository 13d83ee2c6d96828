// The seeds of a target that has them as files, in tests/fuzz/corpus/TARGET.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/fuzz.h"

namespace limpet::fuzz {

std::vector<std::string> seeds() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(LIMPET_CORPUS)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> found;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    found.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  require(!found.empty(), "there are seeds in " LIMPET_CORPUS);
  return found;
}

}  // namespace limpet::fuzz
