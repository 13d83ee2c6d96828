#include "proxy/control/state_file.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temporary_directory.h"

namespace limpet {
namespace {

const Epoch kEpoch = Epoch::make(1'700'000'000'000, 1);

class StateFileTest : public ::testing::Test {
 protected:
  // Revision r sets entry "r" and entry "last".
  static Snapshot at(uint64_t revision) {
    Snapshot snapshot;
    for (uint64_t r = 1; r <= revision; ++r) snapshot = snapshot.apply(step(r), kEpoch, r);
    return snapshot;
  }
  static Delta step(uint64_t revision) {
    const auto entry = [&](const std::string& name) {
      return std::make_shared<const Entry>(
          Entry{{"Service", "shop", name}, revision, std::to_string(revision)});
    };
    return {{entry(std::to_string(revision)), entry("last")}, {}};
  }
  // Writes revisions 1..last, each as an append.
  void write(uint64_t last) {
    StateFile file(path_);
    for (uint64_t r = 1; r <= last; ++r) {
      ASSERT_TRUE(file.append(step(r), r == 1, at(r)).ok());
    }
  }
  void overwrite(const std::string& content) const {
    std::ofstream(path_, std::ios::binary) << content;
  }

  TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "state.log";
};

TEST_F(StateFileTest, AnAbsentFileIsTheEmptyState) {
  const StateFile::Loaded loaded = StateFile(path_).load();
  EXPECT_EQ(loaded.snapshot.id().revision, 0U);
  EXPECT_EQ(loaded.problem, "");
}

TEST_F(StateFileTest, GivesBackTheLastState) {
  write(5);
  const StateFile::Loaded loaded = StateFile(path_).load();
  EXPECT_EQ(loaded.snapshot.id(), at(5).id());
  EXPECT_EQ(loaded.problem, "");
  EXPECT_GT(loaded.written_unix_s, 1'700'000'000);
}

TEST_F(StateFileTest, IsForItsOwnerOnly) {
  write(2);
  struct stat status;
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(StateFileTest, WhatOthersMayReadIsWrittenAnew) {
  write(2);
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  StateFile file(path_);
  file.load();
  ASSERT_TRUE(file.append(step(3), false, at(3)).ok());
  struct stat status;
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(StateFile(path_).load().snapshot.id(), at(3).id());
}

TEST_F(StateFileTest, ASecretThatChangesOrGoesLeavesNothingBehind) {
  write(1);
  StateFile file(path_);
  Snapshot state = file.load().snapshot;
  const EntryKey key{"Secret", "shop", "cert"};
  const auto content = [&] {
    std::ifstream in(path_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const auto append = [&](const Delta& delta) {
    state = state.apply(delta, kEpoch, state.id().revision + 1);
    ASSERT_TRUE(file.append(delta, false, state).ok());
    EXPECT_EQ(StateFile(path_).load().snapshot.id(), state.id());
  };
  const auto put = [&](const std::string& value) {
    append({{std::make_shared<const Entry>(Entry{key, state.id().revision + 1, value})}, {}});
  };
  put("first-key");
  EXPECT_NE(content().find("first-key"), std::string::npos);
  put("second-key");
  EXPECT_EQ(content().find("first-key"), std::string::npos);
  append({{}, {key}});
  EXPECT_EQ(content().find("second-key"), std::string::npos);
}

TEST_F(StateFileTest, GoesOnAfterARestart) {
  write(3);
  StateFile file(path_);
  file.load();
  ASSERT_TRUE(file.append(step(4), false, at(4)).ok());
  EXPECT_EQ(StateFile(path_).load().snapshot.id(), at(4).id());
}

TEST_F(StateFileTest, AnotherFilesContentIsReplaced) {
  overwrite("something else");
  StateFile file(path_);
  EXPECT_NE(file.load().problem, "");
  ASSERT_TRUE(file.append(step(1), true, at(1)).ok());
  EXPECT_EQ(StateFile(path_).load().snapshot.id(), at(1).id());
}

TEST_F(StateFileTest, TheLogIsWrittenAnewWhenItHasGrown) {
  StateFile file(path_);
  Snapshot snapshot;
  uintmax_t largest = 0;
  const std::string value(100'000, 'x');
  for (uint64_t r = 1; r <= 60; ++r) {
    Delta delta{{std::make_shared<const Entry>(
                    Entry{{"Service", "shop", "big"}, r, value + std::to_string(r)})},
                {}};
    snapshot = snapshot.apply(delta, kEpoch, r);
    ASSERT_TRUE(file.append(delta, r == 1, snapshot).ok());
    largest = std::max(largest, std::filesystem::file_size(path_));
  }
  EXPECT_LT(largest, 2U * 1024 * 1024);
  EXPECT_EQ(StateFile(path_).load().snapshot.id(), snapshot.id());
}

TEST_F(StateFileTest, AnErrorIsToldAndTheNextWriteIsWhole) {
  const std::filesystem::path in_nowhere = directory_.path() / "absent" / "state.log";
  StateFile file(in_nowhere);
  EXPECT_FALSE(file.append(step(1), true, at(1)).ok());
  std::filesystem::create_directory(in_nowhere.parent_path());
  ASSERT_TRUE(file.append(step(2), false, at(2)).ok());
  EXPECT_EQ(StateFile(in_nowhere).load().snapshot.id(), at(2).id());
}

}  // namespace
}  // namespace limpet
