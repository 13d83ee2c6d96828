#include "server/scoped_states.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::SnapshotBuilder;

std::string gateway_text(const std::string& name, int port = 80) {
  return str_cat("metadata { name: '", name, "' namespace: 'n' } ",
                 "spec { listeners { name: 'l' port: ", port, " protocol: 'HTTP' } }");
}

std::string https_text(const std::string& name, const std::string& secret) {
  return str_cat("metadata { name: '", name,
                 "' namespace: 'n' } spec { listeners { name: 'l' port: 443 ",
                 "protocol: 'HTTPS' tls { certificate_refs { name: '", secret, "' } } } }");
}

std::string secret_text(const std::string& name, const std::string& value) {
  return str_cat("metadata { name: '", name, "' namespace: 'n' } type: 'kubernetes.io/tls' ",
                 "data { key: 'tls.crt' value: '", value, "' } ", "data { key: 'tls.key' value: '",
                 value, "' }");
}

// Nothing is sealed here: what is opened is what is there, but for what is locked.
EntryPtr open_all(const Entry& sealed, SecretItems items) {
  if (sealed.key.name == "locked") return nullptr;
  return secret_entry_with(std::make_shared<const Entry>(sealed), items);
}

class ScopedStatesTest : public ::testing::Test {
 protected:
  std::shared_ptr<const StateSource> of(const GatewayNames& gateways) {
    auto part = parts_.of(gateways);
    EXPECT_TRUE(part.ok()) << part.status();
    return part.ok() ? *part : nullptr;
  }

  SnapshotBuilder builder_{
      SnapshotBuilder()
          .add<v1::Gateway>(gateway_text("a"))
          .add<v1::Gateway>(gateway_text("b"))
          .build()};
  Publisher publisher_{builder_.build()};
  ScopedStates parts_{publisher_, open_all};
};

TEST_F(ScopedStatesTest, NodesOfTheSameGatewaysShareAPart) {
  EXPECT_EQ(of({}), nullptr) << "the whole is the publisher's";
  const auto a = of({"n/a"});
  EXPECT_EQ(of({"n/a"}), a);
  EXPECT_NE(of({"n/b"}), a);
  EXPECT_EQ(a->head().size(), 1U);
  EXPECT_EQ(parts_.of({"nonsense"}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ScopedStatesTest, FollowsTheWholeAndKeepsItsPast) {
  const auto a = of({"n/a"});
  const StateId first = a->head().id();
  publisher_.publish(builder_.add<v1::Gateway>(gateway_text("b", 81)).build());
  const StateId second = a->head().id();
  EXPECT_EQ(second.revision, publisher_.head().id().revision);
  EXPECT_EQ(second.digest, first.digest) << "nothing of it has changed";
  publisher_.publish(builder_.add<v1::Gateway>(gateway_text("a", 81)).build());
  EXPECT_NE(a->head().id().digest, first.digest);
  for (const StateId& id : {first, second}) {
    const auto found = a->find(id);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id(), id);
  }
  EXPECT_FALSE(a->find(publisher_.head().id())) << "that is the whole";
  EXPECT_FALSE(publisher_.find(first));
}

TEST_F(ScopedStatesTest, APartBeginsAtTheNewestState) {
  const StateId before = of({"n/b"})->head().id();
  publisher_.publish(builder_.add<v1::Gateway>(gateway_text("a", 81)).build());
  // The others have moved on with the whole before this one is asked for.
  of({"n/b"})->head();
  const auto a = of({"n/a"});
  EXPECT_TRUE(a->find(a->head().id())) << "also when its head was not asked for yet";
  EXPECT_TRUE(of({"n/b"})->find(before));
}

TEST_F(ScopedStatesTest, PartsThatNobodyUsesMakeRoom) {
  std::vector<std::shared_ptr<const StateSource>> used;
  for (size_t i = 0; i < ScopedStates::kMaxParts; ++i) used.push_back(of({str_cat("n/g", i)}));
  EXPECT_EQ(parts_.of({"n/more"}).status().code(), absl::StatusCode::kResourceExhausted);
  used.pop_back();
  EXPECT_TRUE(parts_.of({"n/more"}).ok());
}

TEST_F(ScopedStatesTest, NodesAreSentTheSecretsThatTheyNeedAlone) {
  EXPECT_EQ(parts_.all().head().id(), publisher_.head().id());
  builder_.add<v1::Secret>(secret_text("s", "1")).add<v1::Secret>(secret_text("other", "1"));
  publisher_.publish(builder_.build());
  const Snapshot none = parts_.all().head();
  EXPECT_EQ(none.id().revision, publisher_.head().id().revision);
  EXPECT_EQ(none.size("Secret"), 0U);
  EXPECT_FALSE(parts_.all().find(publisher_.head().id())) << "it is nothing that a node holds";

  builder_.add<v1::Gateway>(https_text("a", "s"));
  publisher_.publish(builder_.build());
  const Snapshot all = parts_.all().head();
  EXPECT_EQ(all.size("Secret"), 1U);
  EXPECT_EQ(of({"n/a"})->head().size("Secret"), 1U);
  EXPECT_EQ(of({"n/b"})->head().size("Secret"), 0U);
  EXPECT_EQ(none.apply(Snapshot::diff(none, all), all.id().epoch, all.id().revision).id(),
            all.id());
  ASSERT_TRUE(parts_.all().find(none.id()));

  builder_.add<v1::Secret>(secret_text("s", "2"));
  publisher_.publish(builder_.build());
  EXPECT_EQ(Snapshot::diff(all, parts_.all().head()).upserts.size(), 1U);
}

TEST_F(ScopedStatesTest, ASecretThatCannotBeOpenedIsNotSent) {
  builder_.add<v1::Secret>(secret_text("locked", "1")).add<v1::Gateway>(https_text("a", "locked"));
  publisher_.publish(builder_.build());
  EXPECT_EQ(parts_.all().head().size("Secret"), 0U);
}

}  // namespace
}  // namespace limpet
