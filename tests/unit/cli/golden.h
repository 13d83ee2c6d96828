// Files in tests/golden that say what comes out, word for word. LIMPET_UPDATE_GOLDEN=1 writes them
// anew (run from the repository's root):
//   LIMPET_UPDATE_GOLDEN=1 build/release/bin/unit_cli --gtest_filter='Golden.*'
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace limpet::cli::test {

inline const std::filesystem::path kGoldenFolder = "tests/golden";

inline bool updating_golden() { return std::getenv("LIMPET_UPDATE_GOLDEN") != nullptr; }

inline void expect_golden(const std::filesystem::path& file, const std::string& text) {
  const std::filesystem::path path = kGoldenFolder / file;
  if (updating_golden()) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream stored(path, std::ios::binary);
  ASSERT_TRUE(stored) << path << " does not exist; see the top of tests/unit/cli/golden.h";
  std::ostringstream expected;
  expected << stored.rdbuf();
  EXPECT_EQ(text, expected.str()) << path;
}

}  // namespace limpet::cli::test
