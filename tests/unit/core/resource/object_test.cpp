#include "core/resource/object.h"

#include <gtest/gtest.h>

#include "core/resource/kind.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::from_text;

TEST(Object, KeysNameTheDefaultNamespace) {
  const auto service = from_text<v1::Resource>("service { metadata { name: 'web' } }");
  EXPECT_EQ(key_of(service), (EntryKey{"Service", "default", "web"}));
  const auto ns = from_text<v1::Resource>("namespace { metadata { name: 'a' namespace: 'b' } }");
  EXPECT_EQ(key_of(ns), (EntryKey{"Namespace", "", "a"}));
}

TEST(Object, WhatTheServerOwnsIsClearedAtAnyDepth) {
  auto gateway = from_text<v1::Gateway>(
      "metadata { name: 'g' uid: 'u' generation: 3 labels { key: 'a' value: 'b' } } "
      "status { conditions { type: 'Accepted' } } spec { gateway_class_name: 'c' }");
  clear_server_owned(gateway);
  EXPECT_EQ(serialize(gateway),
            serialize(from_text<v1::Gateway>(
                "metadata { name: 'g' labels { key: 'a' value: 'b' } } "
                "spec { gateway_class_name: 'c' }")));
}

TEST(Object, StoredBytesComeBackAsTheResource) {
  const auto route = from_text<v1::HTTPRoute>("metadata { name: 'r' } spec { hostnames: 'a.b' }");
  const auto resource = parse_resource("HTTPRoute", serialize(route));
  ASSERT_TRUE(resource.ok());
  EXPECT_EQ(resource->http_route().spec().hostnames(0), "a.b");
  EXPECT_FALSE(parse_resource("Route", "").ok());
  EXPECT_FALSE(parse_resource("HTTPRoute", "\xFF").ok());
}

TEST(Object, EveryKindHasAMessageOfItsName) {
  for (const KindInfo& info : user_kinds()) {
    const auto* field = v1::Resource::descriptor()->FindFieldByNumber(info.resource_field);
    ASSERT_NE(field, nullptr) << info.kind;
    EXPECT_EQ(field->message_type()->name(), info.kind);
    EXPECT_NE(field->message_type()->FindFieldByName("metadata"), nullptr);
  }
  EXPECT_EQ(v1::Resource::descriptor()->field_count(),
            static_cast<int>(user_kinds().size()));
}

}  // namespace
}  // namespace limpet
