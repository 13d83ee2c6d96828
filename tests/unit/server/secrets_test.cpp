// Secrets through the Applier, on a real store.
#include "server/secrets.h"

#include <memory>
#include <string>

#include <absl/strings/escaping.h>
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "runtime/authority.h"
#include "server/applier.h"
#include "server/history.h"
#include "storage/sqlite_store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

using Result = v1::ObjectResult;

v1::Resource secret(const std::string& text = {}) {
  v1::Resource resource;
  v1::Secret& object = *resource.mutable_secret();
  object.set_api_version("v1");
  object.set_kind("Secret");
  object.mutable_metadata()->set_name("web");
  object.mutable_metadata()->set_namespace_("shop");
  if (!text.empty()) (*object.mutable_string_data())["password"] = text;
  return resource;
}

std::shared_ptr<const SecretKeys> keys(const std::string& fillers) {
  std::string text;
  for (const char filler : fillers) text += absl::Base64Escape(std::string(32, filler)) + "\n";
  return std::make_shared<const SecretKeys>(SecretKeys::parse(text).value());
}

class SecretsTest : public ::testing::Test {
 protected:
  SecretsTest() { use("a"); }

  Applier::Outcome use(const std::string& fillers) {
    return applier_.use_secret_keys(keys(fillers), context_);
  }
  Applier::Outcome apply(const v1::Resource& resource, const std::string& id = {}) {
    v1::ApplyRequest request = apply_request({resource});
    request.mutable_options()->set_request_id(id);
    return applier_.apply(request, Origin{"", "peer"}, context_);
  }
  Result::Outcome applied(const v1::Resource& resource) {
    const Applier::Outcome outcome = apply(resource);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    for (const Violation& each : outcome.violations) ADD_FAILURE() << each.field << each.message;
    return outcome.results.empty() ? Result::NOT_FOUND : outcome.results[0].outcome();
  }
  std::vector<std::string> violated(const v1::Resource& resource) {
    std::vector<std::string> fields;
    for (const Violation& each : apply(resource).violations) fields.push_back(each.field);
    return fields;
  }
  EntryPtr entry() { return publisher_.head().find({"Secret", "shop", "web"}); }
  v1::Secret stored() {
    v1::Secret message;
    if (entry() != nullptr) message.ParseFromString(entry()->bytes);
    return message;
  }
  std::string opened(const std::string& item = "password") {
    return applier_.secret_keys()->open({entry()->key, item}, stored().data().at(item)).value();
  }
  v1::DiffResponse diff(uint64_t from, uint64_t to) {
    v1::DiffRequest request;
    request.set_from(from);
    request.set_to(to);
    return applier_.diff(request).value();
  }

  TemporaryDirectory directory_;
  ChangeContext context_ = test_context();
  std::unique_ptr<SqliteStore> store_ =
      SqliteStore::open(directory_ / "limpet.db", Epoch(7)).value();
  Publisher publisher_{open_state(*store_, context_).value()};
  Applier applier_{*store_, publisher_};
};

TEST_F(SecretsTest, StoresSealedValuesAndShowsMasks) {
  v1::Resource written = secret("hunter2");
  (*written.mutable_secret()->mutable_data())["token"] = "aHVudGVyMw==";
  (*written.mutable_secret()->mutable_data())["password"] = "bG9zdA==";
  (*written.mutable_secret()
        ->mutable_metadata()
        ->mutable_annotations())["kubectl.kubernetes.io/last-applied-configuration"] = "hunter2";
  EXPECT_EQ(applied(written), Result::CREATED);
  EXPECT_EQ(opened(), "hunter2") << "stringData counts before data";
  EXPECT_EQ(opened("token"), "hunter3");
  EXPECT_EQ(stored().type(), "Opaque");
  EXPECT_TRUE(stored().string_data().empty());
  EXPECT_FALSE(contains(entry()->bytes, "hunter"));
  EXPECT_FALSE(contains(entry()->bytes, "aHVudGVy"));
  const v1::Secret shown = resource_of(*entry())->secret();
  EXPECT_EQ(shown.data().at("password"), "***");
  EXPECT_EQ(shown.data().at("token"), "***");
}

TEST_F(SecretsTest, EqualValuesChangeNothing) {
  applied(secret("hunter2"));
  const std::string bytes = entry()->bytes;
  EXPECT_EQ(applied(secret("hunter2")), Result::UNCHANGED);
  v1::Resource as_shown = *resource_of(*entry());
  EXPECT_EQ(applied(as_shown), Result::UNCHANGED) << "the mask keeps what is stored";
  EXPECT_EQ(entry()->bytes, bytes);
  EXPECT_EQ(applied(secret("hunter3")), Result::CONFIGURED);
  EXPECT_EQ(stored().metadata().generation(), 2);
}

TEST_F(SecretsTest, AMaskNeedsAStoredValue) {
  EXPECT_EQ(violated(secret("***")), std::vector<std::string>{"resources[0].data[password]"});
  EXPECT_EQ(entry(), nullptr);
}

TEST_F(SecretsTest, WithoutKeysNoneAreTaken) {
  applier_.use_secret_keys(nullptr, context_);
  const absl::Status refused = apply(secret("hunter2")).status;
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_EQ(applied(service("other")), Result::CREATED);
}

TEST_F(SecretsTest, WhatIsImmutableStays) {
  v1::Resource fixed = secret("hunter2");
  fixed.mutable_secret()->set_immutable(true);
  applied(fixed);
  EXPECT_EQ(applied(fixed), Result::UNCHANGED);
  (*fixed.mutable_secret()->mutable_string_data())["password"] = "hunter3";
  EXPECT_EQ(violated(fixed), std::vector<std::string>{"resources[0].data"});
  EXPECT_EQ(violated(secret("hunter2")), std::vector<std::string>{"resources[0].immutable"});
  v1::Resource retyped = secret("hunter2");
  retyped.mutable_secret()->set_immutable(true);
  retyped.mutable_secret()->set_type("example.org/other");
  EXPECT_EQ(violated(retyped), std::vector<std::string>{"resources[0].type"});
}

TEST_F(SecretsTest, ACertificateAndItsKeyBelongTogether) {
  const auto authority = [] {
    return Authority::create("test", {1'700'000'000, 1'800'000'000}).value();
  };
  const Authority one = authority();
  const auto tls = [](const std::string& certificate, const std::string& key) {
    v1::Resource resource = secret();
    resource.mutable_secret()->set_type("kubernetes.io/tls");
    (*resource.mutable_secret()->mutable_string_data())["tls.crt"] = certificate;
    (*resource.mutable_secret()->mutable_string_data())["tls.key"] = key;
    return resource;
  };
  const std::vector<std::string> key{"resources[0].stringData[tls.key]"};
  EXPECT_EQ(violated(tls(one.certificate_pem(), authority().key_pem())), key);
  EXPECT_EQ(violated(tls(one.certificate_pem(), "")), key);
  EXPECT_EQ(violated(tls("hunter2", one.key_pem())),
            std::vector<std::string>{"resources[0].stringData[tls.crt]"});
  EXPECT_EQ(applied(tls(one.certificate_pem(), one.key_pem())), Result::CREATED);
  EXPECT_EQ(violated(tls("***", authority().key_pem())),
            std::vector<std::string>{"resources[0].data[tls.key]"})
      << "the stored one counts";
  EXPECT_EQ(applied(tls("***", one.key_pem())), Result::UNCHANGED);
}

TEST_F(SecretsTest, NodesGetWhatTheyNeedInBase64) {
  v1::Resource resource = secret("hunter2");
  (*resource.mutable_secret()->mutable_metadata()->mutable_labels())["a"] = "b";
  const Authority authority = Authority::create("test", {1'700'000'000, 1'800'000'000}).value();
  (*resource.mutable_secret()->mutable_string_data())["ca.crt"] = authority.certificate_pem();
  applied(resource);
  const auto for_nodes = [&](const SecretKeys* of, SecretItems items) {
    const EntryPtr opened = open_for_nodes(of, *entry(), items);
    v1::Secret sent;
    if (opened != nullptr) sent.ParseFromString(opened->bytes);
    return sent;
  };
  const v1::Secret sent = for_nodes(applier_.secret_keys().get(), {.authorities = true});
  EXPECT_EQ(sent.data_size(), 1);
  EXPECT_EQ(value_of(sent, "ca.crt"), authority.certificate_pem());
  EXPECT_EQ(sent.type(), "Opaque");
  EXPECT_EQ(sent.metadata().name(), "web");
  EXPECT_TRUE(sent.metadata().labels().empty());
  EXPECT_EQ(for_nodes(applier_.secret_keys().get(), {.identity = true}).data_size(), 0);
  EXPECT_EQ(open_for_nodes(keys("b").get(), *entry(), {.authorities = true}), nullptr);
  EXPECT_EQ(open_for_nodes(nullptr, *entry(), {.authorities = true}), nullptr);
  EXPECT_EQ(value_of(opened_secret(keys("a").get(), *entry()), "password"), "hunter2");
  EXPECT_EQ(value_of(opened_secret(keys("b").get(), *entry()), "password"), std::nullopt);
}

// Nodes do not have what cannot be opened; when it can, they are to be told.
TEST_F(SecretsTest, AKeyThatComesBackIsNews) {
  applied(secret("hunter2"));
  use("b");
  const uint64_t before = entry()->revision;
  EXPECT_EQ(use("ab").state.revision, before + 1);
  EXPECT_EQ(opened(), "hunter2");
  EXPECT_EQ(use("a").state.revision, before + 1);
}

TEST_F(SecretsTest, NewKeysSealAnew) {
  applied(secret("hunter2"));
  const uint64_t before = entry()->revision;
  EXPECT_EQ(use("ba").state.revision, before + 1);
  EXPECT_TRUE(keys("b")->open({entry()->key, "password"}, stored().data().at("password")).ok());
  EXPECT_EQ(stored().metadata().generation(), 1);
  EXPECT_EQ(use("b").state.revision, before + 1) << "nothing is left to do";
  EXPECT_EQ(opened(), "hunter2");
  use("ab");
  EXPECT_TRUE(diff(before, before + 2).changes().empty()) << "the values are what they were";
}

TEST_F(SecretsTest, ARollbackDoesNotBringOldKeysBack) {
  applied(secret("hunter2"));
  const uint64_t first = publisher_.head().id().revision;
  use("ba");
  const uint64_t sealed_anew = publisher_.head().id().revision;
  applied(secret("hunter3"));
  v1::RollbackRequest request;
  request.set_to(sealed_anew);
  ASSERT_TRUE(applier_.rollback(request, Origin{"", "peer"}, context_).status.ok());
  const EntryPtr kept = entry();
  EXPECT_EQ(opened(), "hunter2");

  request.set_to(first);  // the same value, under the other key
  const Applier::Outcome nothing = applier_.rollback(request, Origin{"", "peer"}, context_);
  EXPECT_TRUE(nothing.results.empty());
  EXPECT_EQ(entry()->bytes, kept->bytes);

  applied(secret("hunter4"));
  ASSERT_TRUE(applier_.rollback(request, Origin{"", "peer"}, context_).status.ok());
  EXPECT_EQ(opened(), "hunter2");
  EXPECT_TRUE(applier_.secret_keys()->is_newest(stored().data().at("password")));
}

TEST_F(SecretsTest, ARestoreDoesNotBringOldKeysBack) {
  applied(secret("hunter2"));
  const Applier::RestoreFiles files{directory_ / "saved.db", directory_ / "replaced.db"};
  ASSERT_TRUE(store_->save_to(files.saved).ok());
  use("ba");
  const Applier::Restored restored =
      applier_.restore(files, v1::ChangeOptions(), Origin{"", "peer"}, context_);
  ASSERT_TRUE(restored.status.ok()) << restored.status;
  EXPECT_EQ(opened(), "hunter2");
  EXPECT_TRUE(applier_.secret_keys()->is_newest(stored().data().at("password")));
  EXPECT_EQ(publisher_.head().id(), restored.state) << "what --expected-revision can name next";
}

TEST_F(SecretsTest, WhatCannotBeOpenedIsToldAndKept) {
  applied(secret("hunter2"));
  const std::string bytes = entry()->bytes;
  const auto told = [&] {
    v1::Secret shown;
    tell_readable(applier_.secret_keys().get(), *entry(), shown);
    return shown.status().conditions(0).status();
  };
  EXPECT_EQ(told(), "True");
  EXPECT_EQ(unreadable_text(keys("a").get(), publisher_.head()), "");
  use("b");
  EXPECT_EQ(told(), "False");
  EXPECT_TRUE(unreadable_text(keys("b").get(), publisher_.head()).starts_with("1 Secret "));
  EXPECT_TRUE(unreadable_text(nullptr, publisher_.head()).starts_with("1 Secret "));
  EXPECT_EQ(entry()->bytes, bytes);
  EXPECT_EQ(applied(*resource_of(*entry())), Result::UNCHANGED);
  EXPECT_EQ(applied(secret("hunter2")), Result::CONFIGURED) << "under a key that is there";
}

TEST_F(SecretsTest, DifferencesTellWhichValuesChanged) {
  v1::Resource two = secret("hunter2");
  (*two.mutable_secret()->mutable_string_data())["same"] = "always";
  applied(two);
  const uint64_t first = publisher_.head().id().revision;
  (*two.mutable_secret()->mutable_string_data())["password"] = "hunter3";
  applied(two);
  const v1::DiffResponse told = diff(first, 0);
  ASSERT_EQ(told.changes_size(), 1);
  EXPECT_EQ(told.changes(0).before().secret().data().at("password"), "*** (before)");
  EXPECT_EQ(told.changes(0).after().secret().data().at("password"), "*** (after)");
  EXPECT_EQ(told.changes(0).before().secret().data().at("same"), "***");
  EXPECT_FALSE(contains(told.SerializeAsString(), "sealed:"));

  v1::RollbackRequest back;
  back.set_to(first);
  EXPECT_TRUE(applier_.rollback(back, Origin{"", "peer"}, context_).status.ok());
  EXPECT_EQ(opened(), "hunter2");
}

TEST_F(SecretsTest, ARequestIsKnownAgainWithoutItsValues) {
  const uint64_t revision = apply(secret("hunter2"), "id-1").state.revision;
  EXPECT_EQ(apply(secret("hunter2"), "id-1").state.revision, revision);
  EXPECT_TRUE(absl::IsInvalidArgument(apply(secret("hunter3"), "id-1").status));
  const v1::ApplyRequest kept = with_fingerprints(apply_request({secret("hunter2")}), *keys("a"));
  EXPECT_FALSE(contains(kept.SerializeAsString(), "hunter2"));
}

}  // namespace
}  // namespace limpet
