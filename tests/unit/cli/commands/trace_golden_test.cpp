// What the Gateway API means, case by case: tests/golden/gateway-api has manifests, each named
// after what it shows, with the requests in its comments, and what gwctl trace says of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <vector>

#include "core/base/text.h"
#include "tests/unit/cli/commands/run_gwctl.h"
#include "tests/unit/cli/golden.h"

namespace limpet::cli::test {
namespace {

namespace fs = std::filesystem;

const fs::path kCases = "gateway-api";
const fs::path kServices = "services.yaml";  // what all cases refer to

// As a shell splits them; quotes are single ones.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  bool quoted = false;
  bool open = false;
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      open = false;
      continue;
    }
    if (!open) words.emplace_back();
    open = true;
    if (c != '\'') words.back() += c;
  }
  return words;
}

std::string trace_all(const fs::path& manifest) {
  constexpr std::string_view kRequest = "# request: ";
  std::string text;
  std::ifstream lines(manifest);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kRequest)) continue;
    const std::string request = line.substr(kRequest.size());
    std::vector<std::string> words = words_of(request);
    words.insert(words.begin(), {"trace", "--offline", "-f", (kGoldenFolder / kCases / kServices),
                                 "-f", manifest.string()});
    Gwctl gwctl;
    const int code = gwctl(words);
    text += str_cat(text.empty() ? "" : "\n", "$ gwctl trace ", request, "\n", gwctl.out,
                    gwctl.err, "exit ", code, "\n");
  }
  return text;
}

TEST(Golden, GatewayApi) {
  std::set<fs::path> expected;
  size_t cases = 0;
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(kGoldenFolder / kCases)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    if (file.extension() != ".yaml" || file.filename() == kServices) continue;
    ++cases;
    fs::path text = file;
    text.replace_extension(".txt");
    expected.insert(text);
    const std::string traced = trace_all(file);
    EXPECT_NE(traced, "") << file << " has no request";
    expect_golden(fs::relative(text, kGoldenFolder), traced);
  }
  EXPECT_GT(cases, 20U);
  for (const fs::path& file : files) {
    EXPECT_TRUE(file.extension() == ".yaml" || expected.contains(file)) << file << " is no case's";
  }
}

}  // namespace
}  // namespace limpet::cli::test
