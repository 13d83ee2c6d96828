#include <sys/stat.h>
#include <fstream>

#include <gtest/gtest.h>

#include "core/base/secure_hash.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

std::string sha256(std::string_view bytes) {
  Sha256Stream stream;
  stream.add(bytes);
  const Sha256 hash = stream.finish();
  return {hash.begin(), hash.end()};
}

class SnapshotTest : public testing::Test {
 protected:
  void serve(const std::vector<std::string>& parts) {
    gwctl.state.saved.clear();
    std::string all;
    for (const std::string& part : parts) {
      gwctl.state.saved.emplace_back().set_data(part);
      all += part;
    }
    gwctl.state.saved.front().mutable_state()->set_revision(7);
    gwctl.state.saved.front().mutable_state()->set_epoch(0xab);
    gwctl.state.saved.back().set_sha256(sha256(all));
  }

  int save(const std::vector<std::string>& flags = {}) {
    std::vector<std::string> arguments{"snapshot", "save", file_};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return gwctl(arguments);
  }

  void put(const std::string& bytes) { std::ofstream(file_, std::ios::binary) << bytes; }
  std::string kept() const {
    std::ifstream file(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  size_t files() const {
    const std::filesystem::directory_iterator all(directory_.path());
    return static_cast<size_t>(std::distance(begin(all), end(all)));
  }

  TemporaryDirectory directory_;
  const std::string file_ = directory_ / "backup.db";
  Gwctl gwctl;
};

TEST_F(SnapshotTest, SavesAFileForItsOwnerAlone) {
  serve({"one", "two"});
  EXPECT_EQ(save(), kOk);
  EXPECT_EQ(gwctl.out, "saved revision 7 of epoch ab in " + file_ + " (6 bytes)\n");
  EXPECT_EQ(kept(), "onetwo");
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(SnapshotTest, ReplacesAFileOnlyWhenToldTo) {
  put("mine");
  serve({"new"});
  EXPECT_EQ(save(), kConflict);
  EXPECT_NE(gwctl.err.find("--force"), std::string::npos) << gwctl.err;
  EXPECT_EQ(kept(), "mine");
  EXPECT_EQ(save({"--force"}), kOk);
  EXPECT_EQ(kept(), "new");
}

TEST_F(SnapshotTest, LeavesTheFileAsItWasWhenNotAllOfItComes) {
  put("mine");
  serve({"one", "two"});
  gwctl.state.saved.pop_back();
  EXPECT_EQ(save({"--force"}), kFailed);
  serve({"one", "two"});
  gwctl.state.saved[0].set_data("0ne");
  EXPECT_EQ(save({"--force"}), kFailed);
  serve({"one"});
  gwctl.state.error = absl::UnavailableError("gone");
  EXPECT_EQ(save({"--force"}), kUnreachable);
  EXPECT_EQ(kept(), "mine");
  EXPECT_EQ(files(), 1U);
}

TEST_F(SnapshotTest, RestoresAFileAndTellsWhatHasChanged) {
  const std::string bytes(2 * 1024 * 1024, 'x');
  put(bytes);
  v1::RestoreSnapshotResponse& restored = gwctl.state.restored;
  restored.mutable_saved()->set_revision(7);
  restored.mutable_saved()->set_epoch(0xab);
  restored.mutable_replaced()->set_revision(9);
  restored.mutable_replaced()->set_epoch(0xab);
  restored.mutable_state()->set_revision(10);
  restored.mutable_state()->set_epoch(0xcd);
  restored.set_created(1);
  restored.set_changed(2);
  restored.set_deleted(3);
  restored.set_kept_keys(1);
  restored.set_held_nodes(2);
  EXPECT_EQ(gwctl({"snapshot", "restore", file_, "-m", "why", "--expected-revision", "9"}), kOk);
  EXPECT_EQ(gwctl.out,
            "restored revision 7 of epoch ab as revision 10 of epoch cd, in the place of revision "
            "9 of epoch ab\n"
            "objects: 1 created, 2 configured, 3 deleted\n"
            "keys: 1 kept of the replaced database\n");
  EXPECT_NE(gwctl.err.find("2; let them follow with: gwctl nodes adopt --all"), std::string::npos);
  EXPECT_EQ(gwctl.state.uploaded, bytes);
  EXPECT_EQ(gwctl.state.uploaded_hash, sha256(bytes));
  EXPECT_EQ(gwctl.state.options.message(), "why");
  EXPECT_EQ(gwctl.state.options.expected_revision(), 9U);
  EXPECT_FALSE(gwctl.state.options.validate_only());
  EXPECT_FALSE(gwctl.state.options.allow_mass_delete());
}

TEST_F(SnapshotTest, TriesARestoreAndPassesForceOn) {
  put("bytes");
  gwctl.state.restored.mutable_state()->set_revision(10);
  EXPECT_EQ(gwctl({"snapshot", "restore", file_, "--dry-run", "--force"}), kOk);
  EXPECT_EQ(gwctl.out.rfind("would restore revision 0 of epoch 0 as revision 10 of a new epoch", 0),
            0U)
      << gwctl.out;
  EXPECT_EQ(gwctl.err, "");
  EXPECT_TRUE(gwctl.state.options.validate_only());
  EXPECT_TRUE(gwctl.state.options.allow_mass_delete());
}

TEST_F(SnapshotTest, TellsWhyItCannotRestore) {
  EXPECT_EQ(gwctl({"snapshot", "restore", file_}), kNotFound);
  EXPECT_NE(gwctl.err.find(file_), std::string::npos);
  put("bytes");
  gwctl.state.error = absl::InvalidArgumentError("it is no database");
  EXPECT_EQ(gwctl({"snapshot", "restore", file_}), kRejected);
  EXPECT_EQ(gwctl.err, "gwctl: it is no database\n");
  gwctl.state.error = absl::AbortedError("moved on");
  EXPECT_EQ(gwctl({"snapshot", "restore", file_, "--expected-revision", "3"}), kConflict);
}

TEST_F(SnapshotTest, NeedsToKnowWhatToDo) {
  EXPECT_EQ(gwctl({"snapshot"}), kUsage);
  EXPECT_EQ(gwctl({"snapshot", "save"}), kUsage);
}

}  // namespace
}  // namespace limpet::cli::test
