#include "server/listing.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::SnapshotBuilder;

std::string labelled(const std::string& ns, const std::string& name, const std::string& team) {
  return str_cat("metadata { name: '", name, "' namespace: '", ns,
                 "' labels { key: 'team' value: '", team, "' } }");
}

class ListingTest : public ::testing::Test {
 protected:
  ListingTest() {
    request_.set_kind("Service");
    for (const char* name : {"c", "a", "b"}) {
      builder_.add<v1::Service>(labelled("shop", name, name == std::string("b") ? "api" : "web"));
    }
    builder_.add<v1::Service>(labelled("bank", "z", "web"));
    state_ = builder_.build();
  }

  // "bank/z shop/a", with "..." when more follows; the request then asks for that.
  std::string page(const Snapshot& state) {
    const absl::StatusOr<Listing> listing = Listing::parse(request_);
    if (!listing.ok()) return listing.status().ToString();
    const absl::StatusOr<v1::ListResponse> response = list_page(state, *listing);
    if (!response.ok()) return response.status().ToString();
    EXPECT_EQ(response->state().revision(), state.id().revision);
    std::vector<std::string> names;
    for (const v1::Resource& resource : response->resources()) {
      const EntryKey key = key_of(resource);
      names.push_back(str_cat(key.ns, "/", key.name));
    }
    if (!response->next_page_token().empty()) names.push_back("...");
    request_.set_page_token(response->next_page_token());
    return join(names, " ");
  }

  SnapshotBuilder builder_;
  Snapshot state_;
  v1::ListRequest request_;
};

TEST_F(ListingTest, OrdersByNamespaceAndName) {
  EXPECT_EQ(page(state_), "bank/z shop/a shop/b shop/c");
  request_.set_namespace_("shop");
  EXPECT_EQ(page(state_), "shop/a shop/b shop/c");
}

TEST_F(ListingTest, SelectsByLabels) {
  request_.set_label_selector("team in (web)");
  EXPECT_EQ(page(state_), "bank/z shop/a shop/c");
  request_.set_label_selector("team=");
  EXPECT_EQ(page(state_), "");
  request_.set_label_selector("team in");
  EXPECT_NE(page(state_).find("at character"), std::string::npos);
}

TEST_F(ListingTest, PagesFollowEachOther) {
  request_.set_limit(2);
  EXPECT_EQ(page(state_), "bank/z shop/a ...");
  EXPECT_EQ(page(state_), "shop/b shop/c") << "exactly full, and nothing follows";
}

TEST_F(ListingTest, APageIsFullWithWhatIsSelected) {
  request_.set_label_selector("team=web");
  request_.set_limit(1);
  EXPECT_EQ(page(state_), "bank/z ...");
  EXPECT_EQ(page(state_), "shop/a ...");
  EXPECT_EQ(page(state_), "shop/c");
}

TEST_F(ListingTest, ATokenNamesTheState) {
  request_.set_limit(1);
  page(state_);
  const absl::StatusOr<Listing> listing = Listing::parse(request_);
  ASSERT_TRUE(listing.ok()) << listing.status();
  ASSERT_TRUE(listing->start);
  EXPECT_EQ(listing->start->epoch, state_.id().epoch);
  EXPECT_EQ(listing->start->revision, state_.id().revision);
  EXPECT_EQ(listing->start->after, (EntryKey{"Service", "bank", "z"}));
}

TEST_F(ListingTest, TokensOfOtherRequestsAreRefused) {
  request_.set_limit(1);
  page(state_);
  const std::string token = request_.page_token();
  request_.set_namespace_("shop");
  EXPECT_FALSE(Listing::parse(request_).ok());
  request_.clear_namespace_();
  for (const std::string& wrong :
       {std::string("x"), std::string("1.2.3.4"), token.substr(0, token.rfind('.')),
        token.substr(0, token.rfind('/'))}) {
    request_.set_page_token(wrong);
    EXPECT_FALSE(Listing::parse(request_).ok()) << wrong;
  }
}

TEST_F(ListingTest, UnknownKindsAreRefused) {
  request_.set_kind("StickyKey");
  EXPECT_FALSE(Listing::parse(request_).ok());
}

}  // namespace
}  // namespace limpet
