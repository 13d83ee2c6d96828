#include "cli/manifest/source_files.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace limpet::cli {
namespace {

namespace fs = std::filesystem;

class SourceFiles : public testing::Test {
 protected:
  SourceFiles() {
    std::string pattern = (fs::temp_directory_path() / "limpet-source-files-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
  }
  ~SourceFiles() override { fs::remove_all(directory_); }

  std::string write(const std::string& name, const std::string& text) {
    const fs::path path = directory_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }

  fs::path directory_;
  std::istringstream input_{"from standard input"};
};

TEST_F(SourceFiles, ADirectoryGivesItsManifestsByName) {
  write("b.yaml", "b");
  write("a.yml", "a");
  write("c.json", "c");
  write("README.md", "no");
  write("below/d.yaml", "no");
  write("e.yaml/f.yaml", "no");
  const auto files = read_source_files({directory_.string()}, input_);
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ(files->size(), 3U);
  EXPECT_EQ((*files)[0].name, (directory_ / "a.yml").string());
  EXPECT_EQ((*files)[1].text, "b");
  EXPECT_EQ((*files)[2].text, "c");
}

TEST_F(SourceFiles, FilesAndStandardInputInTheirOrder) {
  const std::string any = write("any.txt", "text");
  const auto files = read_source_files({any, "-"}, input_);
  ASSERT_TRUE(files.ok());
  EXPECT_EQ((*files)[0].text, "text");
  EXPECT_EQ((*files)[1].name, "-");
  EXPECT_EQ((*files)[1].text, "from standard input");
}

TEST_F(SourceFiles, ErrorsNameTheArgument) {
  const std::string missing = (directory_ / "missing.yaml").string();
  EXPECT_EQ(read_source_files({missing}, input_).status().message(),
            missing + ": cannot be opened: No such file or directory");
  EXPECT_EQ(read_source_files({directory_.string()}, input_).status().message(),
            directory_.string() + ": has no *.yaml, *.yml or *.json files");
}

}  // namespace
}  // namespace limpet::cli
