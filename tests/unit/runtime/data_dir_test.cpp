#include "runtime/data_dir.h"

#include <fstream>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"

namespace limpet {
namespace {

TEST(DataDirTest, MakesAPrivateDirectory) {
  const TemporaryDirectory directory;
  const auto data_dir = DataDir::open(directory / "a/b");
  ASSERT_TRUE(data_dir.ok()) << data_dir.status();
  struct stat info {};
  ASSERT_EQ(::stat((directory / "a/b").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
  EXPECT_EQ(data_dir->file("x"), directory / "a/b/x");
}

TEST(DataDirTest, IsOneProcessesAtATime) {
  const TemporaryDirectory directory;
  std::optional<DataDir> first(DataDir::open(directory.path()).value());
  const auto second = DataDir::open(directory.path());
  ASSERT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  const std::string message(second.status().message());
  EXPECT_NE(message.find(directory.path().string()), std::string::npos);
  EXPECT_NE(message.find(std::to_string(::getpid())), std::string::npos);

  DataDir moved = *std::move(first);
  first.reset();
  EXPECT_FALSE(DataDir::open(directory.path()).ok()) << "the lock goes with the object";
  { const DataDir gone = std::move(moved); }
  EXPECT_TRUE(DataDir::open(directory.path()).ok());
}

TEST(DataDirTest, RefusesAFile) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "file") << "x";
  EXPECT_FALSE(DataDir::open(directory / "file").ok());
  EXPECT_FALSE(DataDir::open(directory / "file/below").ok());
}

TEST(WriteFileAtomicallyTest, ReplacesBytesAndMode) {
  const TemporaryDirectory directory;
  const auto path = directory / "f";
  std::ofstream(directory / "f.tmp") << "left over by a crash";
  ASSERT_TRUE(write_file_atomically(path, "one", 0644).ok());
  ASSERT_TRUE(write_file_atomically(path, std::string("t\0wo", 4), 0600).ok());
  EXPECT_EQ(read_file(path, 100).value(), std::string("t\0wo", 4));
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_FALSE(std::filesystem::exists(directory / "f.tmp"));
}

TEST(WriteFileAtomicallyTest, SaysWhichFile) {
  const TemporaryDirectory directory;
  const absl::Status failed = write_file_atomically(directory / "no/such/f", "x");
  EXPECT_EQ(failed.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(std::string(failed.message()).find("no/such/f"), std::string::npos);
}

TEST(ReadFileTest, IsBounded) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "f") << "12345";
  EXPECT_EQ(read_file(directory / "f", 5).value(), "12345");
  EXPECT_EQ(read_file(directory / "f", 4).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(read_file(directory / "none", 4).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace limpet
