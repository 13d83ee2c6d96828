// On a real store and the wall clock; nothing here says how soon.
#include "server/key_rotation.h"

#include <memory>

#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>

#include "storage/sqlite_store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

constexpr int64_t kNeverMs = int64_t{1'000'000'000} * 1000;

class KeyRotationTest : public ::testing::Test {
 protected:
  NodeRegistry::Ticket connect(const std::string& id, const StateId& state) {
    v1::Hello hello;
    hello.set_node_id(id);
    const auto ticket = registry_.connect(hello, "peer", {}, unix_ms_now()).value();
    registry_.active(ticket, state, 5, unix_ms_now());
    return ticket;
  }
  void keep(const NodeRegistry::Ticket& ticket) {
    registry_.kept(ticket, publisher_.head().id());
  }
  v1::ListKeysResponse keys() {
    KeyFacts facts;
    facts.nodes = registry_.places();
    return list_keys(publisher_.head(), nullptr, facts, unix_ms_now());
  }
  void rotate() {
    const auto outcome = applier_.rotate_keys({}, Origin{"user:me", "peer"}, make_change_context());
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  }
  std::shared_ptr<KeyRotation> start(KeyRotation::Times times) {
    return KeyRotation::start({io_, publisher_, registry_, applier_, worker_}, times);
  }

  TemporaryDirectory directory_;
  std::unique_ptr<SqliteStore> store_ =
      SqliteStore::open(directory_ / "limpet.db", Epoch(7)).value();
  Publisher publisher_{open_state(*store_, make_change_context()).value()};
  Applier applier_{*store_, publisher_};
  NodeRegistry registry_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(io_);  // while the worker has the job, nothing else is there
  SerialWorker worker_;
};

TEST_F(KeyRotationTest, AKeyThatIsAskedForMintsWhenTheNodesHaveIt) {
  const auto rotation = start({});
  const NodeRegistry::Ticket a = connect("a", publisher_.head().id());
  const NodeRegistry::Ticket b = connect("b", publisher_.head().id());
  rotate();
  keep(a);
  EXPECT_FALSE(keys().keys(0).mints());
  keep(b);
  while (!keys().keys(0).mints()) io_.run_one();
  EXPECT_EQ(keys().keys_size(), 2);
  const auto revision = applier_.revisions({}).value().revisions(0);
  EXPECT_EQ(revision.actor(), "keys");
  EXPECT_EQ(revision.action(), "rotate");
}

TEST_F(KeyRotationTest, AKeyOfAgeIsReplaced) {
  const NodeRegistry::Ticket a = connect("a", publisher_.head().id());
  const auto rotation = start({.rotate_after_ms = 20});
  while (keys().keys_size() < 2) io_.run_one();
  EXPECT_FALSE(keys().keys(0).mints());
  keep(a);
  while (!keys().keys(0).mints()) io_.run_one();
}

TEST_F(KeyRotationTest, WhoMayStillComeBackIsWaitedFor) {
  const auto rotation = start({.settled_unix_ms = unix_ms_now() + kNeverMs});
  rotate();
  keep(connect("a", publisher_.head().id()));
  while (io_.poll() != 0) {
  }
  EXPECT_FALSE(keys().keys(0).mints());
  const auto settled = start({});
  while (!keys().keys(0).mints()) io_.run_one();
}

TEST_F(KeyRotationTest, ANodeFromBeforeIsWrittenDown) {
  // A key that stopped minting two hours ago.
  const StateId before = publisher_.head().id();
  ChangeContext past = make_change_context();
  past.now_unix_ms -= int64_t{2 * 3600} * 1000;
  ASSERT_TRUE(applier_.rotate_keys({}, Origin{"", "peer"}, past).status.ok());
  const NodeRegistry::Ticket a = connect("a", publisher_.head().id());
  keep(a);
  ASSERT_TRUE(applier_.step_keys({.nodes = registry_.places(), .settled = true}, past).status.ok());
  registry_.active(a, publisher_.head().id(), 5, unix_ms_now());
  ASSERT_EQ(keys().keys(1).minted_until_unix_ms(), past.now_unix_ms);

  const auto rotation = start({});
  while (io_.poll() != 0) {
  }
  EXPECT_EQ(keys().keys(1).minted_until_unix_ms(), past.now_unix_ms) << "a is not from before";
  connect("late", before);
  while (keys().keys(1).minted_until_unix_ms() == past.now_unix_ms) io_.run_one();
  EXPECT_GE(keys().keys(1).minted_until_unix_ms(), past.now_unix_ms + kMintedStepMs);
}

}  // namespace
}  // namespace limpet
