#include "server/apply.h"

#include <gtest/gtest.h>

#include "server/keys.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

using Result = v1::ObjectResult;

class ApplyTest : public ::testing::Test {
 protected:
  Plan plan(const std::vector<v1::Resource>& resources) {
    return plan_apply(state_, index_, apply_request(resources), context_);
  }

  void take(const Batch& batch) {
    const Delta delta = delta_of(batch);
    index_.apply(state_, delta);
    state_ = state_.apply(delta, Epoch(1), state_.id().revision + 1);
  }

  std::vector<Result::Outcome> apply(const std::vector<v1::Resource>& resources) {
    const Plan planned = plan(resources);
    EXPECT_TRUE(planned.violations.empty()) << planned.violations.front().message;
    if (!planned.batch.empty()) take(planned.batch);
    return outcomes(planned);
  }

  static std::vector<Result::Outcome> outcomes(const Plan& planned) {
    std::vector<Result::Outcome> outcomes;
    for (const Result& result : planned.results) outcomes.push_back(result.outcome());
    return outcomes;
  }

  v1::ObjectMeta metadata(const EntryKey& key) {
    const EntryPtr entry = state_.find(key);
    if (entry == nullptr) return {};
    return metadata_of(*object_of(*parse_resource(key.kind, entry->bytes)));
  }

  static v1::EntryKey key(const std::string& kind, const std::string& ns,
                          const std::string& name) {
    v1::EntryKey key;
    key.set_kind(kind);
    key.set_namespace_(ns);
    key.set_name(name);
    return key;
  }

  absl::StatusOr<Plan> plan_removal(const std::vector<v1::EntryKey>& keys,
                                    bool ignore_not_found) {
    return plan_delete(state_, index_, delete_request(keys, ignore_not_found), context_);
  }

  Snapshot state_;
  SliceIndex index_;
  ChangeContext context_ = test_context();
  const EntryKey pipy_{"Service", "server", "pipy"};
};

TEST_F(ApplyTest, CreatesThenLeavesAloneThenConfigures) {
  EXPECT_EQ(apply({service("pipy")}), std::vector{Result::CREATED});
  const v1::ObjectMeta created = metadata(pipy_);
  EXPECT_EQ(created.generation(), 1);
  EXPECT_EQ(created.creation_timestamp(), "2023-11-14T22:13:20Z");
  EXPECT_EQ(created.uid().size(), 36U);
  EXPECT_EQ(created.uid()[14], '4');

  context_.now_unix_ms += 5000;
  const Plan again = plan({service("pipy")});
  EXPECT_EQ(outcomes(again), std::vector{Result::UNCHANGED});
  EXPECT_TRUE(again.batch.empty());

  EXPECT_EQ(apply({service("pipy", 9090)}), std::vector{Result::CONFIGURED});
  const v1::ObjectMeta configured = metadata(pipy_);
  EXPECT_EQ(configured.generation(), 2);
  EXPECT_EQ(configured.uid(), created.uid());
  EXPECT_EQ(configured.creation_timestamp(), created.creation_timestamp());
}

TEST_F(ApplyTest, LabelsAreAChangeWithoutANewGeneration) {
  apply({service("pipy")});
  v1::Resource labelled = service("pipy");
  (*labelled.mutable_service()->mutable_metadata()->mutable_labels())["a"] = "b";
  EXPECT_EQ(apply({labelled}), std::vector{Result::CONFIGURED});
  EXPECT_EQ(metadata(pipy_).generation(), 1);
}

TEST_F(ApplyTest, DropsWhatTheServerOwns) {
  v1::Resource exported = service("pipy");
  v1::ObjectMeta& metadata_in = *exported.mutable_service()->mutable_metadata();
  metadata_in.set_uid("foreign");
  metadata_in.set_generation(40);
  metadata_in.set_resource_version("9");
  exported.mutable_service()->mutable_status()->add_conditions()->set_type("Foreign");
  apply({exported});
  EXPECT_NE(metadata(pipy_).uid(), "foreign");
  EXPECT_EQ(metadata(pipy_).generation(), 1);
  EXPECT_EQ(metadata(pipy_).resource_version(), "");
  EXPECT_EQ(apply({exported}), std::vector{Result::UNCHANGED});
}

TEST_F(ApplyTest, FillsInTheDefaultNamespace) {
  const Plan planned = plan({service("pipy", 80, "")});
  ASSERT_EQ(planned.batch.upserts.size(), 1U);
  EXPECT_EQ(planned.batch.upserts[0].entry->key, (EntryKey{"Service", "default", "pipy"}));
  EXPECT_EQ(planned.results[0].key().namespace_(), "default");
}

TEST_F(ApplyTest, TellsEveryViolationOfEveryResource) {
  v1::Resource nameless = service("x");
  nameless.mutable_service()->mutable_metadata()->clear_name();
  const Plan planned =
      plan({nameless, v1::Resource(), service("twice"), service("twice"), service("fine")});
  ASSERT_EQ(planned.violations.size(), 3U);
  EXPECT_EQ(planned.violations[0].field, "resources[0].metadata.name");
  EXPECT_EQ(planned.violations[1].field, "resources[1]");
  EXPECT_EQ(planned.violations[2].field, "resources[3].metadata.name");
  EXPECT_NE(planned.violations[2].message.find("resources[2]"), std::string::npos);
  EXPECT_TRUE(planned.batch.empty());
  EXPECT_TRUE(planned.results.empty());
}

TEST_F(ApplyTest, RefusesAnObjectThatNoMessageCouldCarry) {
  v1::Resource large = service("large");
  (*large.mutable_service()->mutable_metadata()->mutable_annotations())["a"] =
      std::string(kMaxObjectBytes, 'x');
  const Plan planned = plan({large});
  ASSERT_EQ(planned.violations.size(), 2U);
  EXPECT_EQ(planned.violations[0].field, "resources[0]");
  EXPECT_TRUE(planned.violations[0].message.ends_with("split it up"));
  EXPECT_EQ(planned.violations[1].field, "resources[0].metadata.annotations");
  EXPECT_TRUE(planned.batch.empty());
}

TEST_F(ApplyTest, DeletesAllOrNothing) {
  apply({service("pipy")});
  const std::vector<v1::EntryKey> keys{key("Service", "server", "pipy"),
                                       key("Service", "server", "gone")};
  const auto refused = plan_removal(keys, false);
  ASSERT_EQ(refused.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(refused.status().message()), "not found: Service server/gone");

  const auto ignoring = plan_removal(keys, true);
  ASSERT_TRUE(ignoring.ok());
  EXPECT_EQ(outcomes(*ignoring), (std::vector{Result::DELETED, Result::NOT_FOUND}));
  take(ignoring->batch);
  EXPECT_EQ(state_.size(), 0U);
}

TEST_F(ApplyTest, DeletesNoState) {
  take(plan_first_state(state_, context_).batch);
  const std::vector<v1::EntryKey> keys{key("StickyKey", "", "65540000"), key("Nonsense", "", "x"),
                                       key("Service", "", "")};
  const auto refused = plan_removal(keys, true);
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->violations.size(), 3U);
  EXPECT_TRUE(refused->batch.empty());
}

TEST_F(ApplyTest, DeletesAndPrunesWithWhatItApplies) {
  const auto labelled = [](const std::string& name) {
    v1::Resource resource = service(name);
    (*resource.mutable_service()->mutable_metadata()->mutable_labels())["app"] = "shop";
    return resource;
  };
  apply({labelled("kept"), labelled("stale"), service("other"), service("unwanted"),
         labelled("named")});
  v1::ApplyRequest request;
  *request.add_resources() = service("kept");
  *request.add_deletes() = key("Service", "server", "unwanted");
  *request.add_deletes() = key("Service", "server", "gone");
  *request.add_deletes() = key("Service", "server", "named");
  (*request.mutable_prune_labels())["app"] = "shop";
  const Plan planned = plan_apply(state_, index_, request, context_);
  ASSERT_TRUE(planned.violations.empty());
  EXPECT_EQ(planned.resources, 1U);
  EXPECT_EQ(outcomes(planned), (std::vector{Result::CONFIGURED, Result::DELETED,
                                            Result::NOT_FOUND, Result::DELETED,
                                            Result::DELETED}));
  EXPECT_EQ(planned.results.back().key().name(), "stale");
  take(planned.batch);
  EXPECT_EQ(state_.size(), 2U);
}

TEST_F(ApplyTest, RefusesToDeleteWhatItApplies) {
  v1::ApplyRequest request;
  *request.add_resources() = service("pipy");
  *request.add_deletes() = key("Service", "server", "pipy");
  *request.add_deletes() = key("StickyKey", "", "1");
  const Plan planned = plan_apply(state_, index_, request, context_);
  ASSERT_EQ(planned.violations.size(), 2U);
  EXPECT_EQ(planned.violations[0].field, "deletes[0]");
  EXPECT_EQ(planned.violations[1].field, "deletes[1]");
  EXPECT_TRUE(planned.batch.empty());
}

}  // namespace
}  // namespace limpet
