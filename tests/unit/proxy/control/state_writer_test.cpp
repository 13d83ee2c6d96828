#include "proxy/control/state_writer.h"

#include <future>

#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"

namespace limpet {
namespace {

class StateWriterTest : public ::testing::Test {
 protected:
  // The update from revision - 1 to revision.
  std::shared_ptr<const SyncState::Update> step(uint64_t revision) {
    auto update = std::make_shared<SyncState::Update>();
    update->delta.upserts.push_back(std::make_shared<const Entry>(
        Entry{{"Service", "shop", std::to_string(revision % 5)}, revision, "x"}));
    update->full = revision == 1;
    state_ = state_.apply(update->delta, Epoch::make(1'700'000'000'000, 1), revision);
    update->next = state_;
    return update;
  }

  TemporaryDirectory directory_;
  const std::filesystem::path path_ = directory_ / "state.log";
  Snapshot state_;
};

TEST_F(StateWriterTest, EverythingIsOnDiskAtTheEnd) {
  StateId kept;
  {
    StateWriter writer(StateFile(path_), [&](const absl::Status& status, const StateId& state) {
      EXPECT_TRUE(status.ok());
      kept = state;
    });
    for (uint64_t revision = 1; revision <= 20; ++revision) writer.keep(step(revision));
  }
  EXPECT_EQ(StateFile(path_).load().snapshot.id(), state_.id());
  EXPECT_EQ(kept, state_.id());
}

TEST_F(StateWriterTest, ADiskThatFallsBehindGetsTheNewestAlone) {
  std::promise<void> go_on;
  std::promise<void> stuck;
  std::atomic<int> writes{0};
  {
    StateWriter writer(StateFile(path_), [&](const absl::Status& status, const StateId&) {
      EXPECT_TRUE(status.ok());
      if (++writes == 1) {
        stuck.set_value();
        go_on.get_future().wait();
      }
    });
    writer.keep(step(1));
    stuck.get_future().wait();
    for (uint64_t revision = 2; revision <= 200; ++revision) writer.keep(step(revision));
    go_on.set_value();
  }
  EXPECT_LE(writes.load(), 1 + static_cast<int>(StateWriter::kMaxPending));
  EXPECT_EQ(StateFile(path_).load().snapshot.id(), state_.id());
}

TEST_F(StateWriterTest, ErrorsAreTold) {
  std::promise<absl::Status> told;
  StateWriter writer(StateFile(directory_ / "absent" / "state.log"),
                     [&](const absl::Status& status, const StateId&) { told.set_value(status); });
  writer.keep(step(1));
  EXPECT_FALSE(told.get_future().get().ok());
}

TEST_F(StateWriterTest, AFailedWriteIsRetriedWhole) {
  std::promise<void> failed;
  const std::filesystem::path path = directory_ / "absent" / "state.log";
  absl::Status last;
  int writes = 0;
  {
    StateWriter writer(StateFile(path), [&](const absl::Status& status, const StateId&) {
      last = status;
      if (++writes == 2) failed.set_value();
    });
    writer.retry();  // nothing to write yet
    writer.keep(step(1));
    writer.keep(step(2));
    failed.get_future().wait();
    std::filesystem::create_directory(path.parent_path());
    writer.retry();
    writer.retry();  // is on its way, or done
  }
  EXPECT_TRUE(last.ok()) << last;
  EXPECT_EQ(writes, 3);
  EXPECT_EQ(StateFile(path).load().snapshot.id(), state_.id());
}

}  // namespace
}  // namespace limpet
