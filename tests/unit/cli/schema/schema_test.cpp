#include "cli/schema/schema.h"

#include <gtest/gtest.h>

namespace limpet::cli {
namespace {

const FieldDescriptor& field(const char* kind, const std::vector<const char*>& path) {
  const Descriptor* message = &message_of(*find_kind(kind));
  const FieldDescriptor* found = nullptr;
  for (const char* name : path) {
    found = message->FindFieldByName(name);
    message = message_below(*found);
  }
  return *found;
}

// Every field below that a person may write and that has an effect.
void expect_described(const Descriptor& message, const std::string& path) {
  EXPECT_NE(description_of(message), "") << path;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& each = *message.field(i);
    if (!note_on(each).empty()) continue;
    const std::string below = path + "." + each.json_name();
    EXPECT_NE(description_of(each), "") << below;
    if (message_below(each) != nullptr) expect_described(*message_below(each), below);
  }
}

TEST(SchemaTest, EveryFieldThatPeopleWriteIsDescribed) {
  for (const KindInfo& kind : user_kinds()) {
    expect_described(message_of(kind), std::string(kind.kind));
  }
}

TEST(SchemaTest, DescriptionsAreTheCommentsOfTheSchema) {
  EXPECT_EQ(description_of(message_of(*find_kind("Gateway"))),
            "The ports on which nodes listen, and the routes that these admit.");
  EXPECT_EQ(description_of(field("HTTPRoute", {"spec", "rules", "matches", "path", "value"})),
            "absent: \"/\"");
  // Without a comment of its own: that of its message.
  EXPECT_EQ(description_of(field("HTTPRoute", {"spec"})), "The hosts and rules of a route.");
  // Several lines are one paragraph.
  EXPECT_EQ(description_of(field("Service", {"spec", "ports", "target_port"})),
            "The port of endpoints that DNS gives, a number (default: port). Without effect "
            "elsewhere: EndpointSlices carry the real port.");
}

TEST(SchemaTest, TypesAreWrittenAsKubectlDoes) {
  EXPECT_EQ(type_name(field("HTTPRoute", {"spec", "rules"})), "[]HTTPRouteRule");
  EXPECT_EQ(type_name(field("HTTPRoute", {"spec", "hostnames"})), "[]string");
  EXPECT_EQ(type_name(field("HTTPRoute", {"metadata", "labels"})), "map[string]string");
  EXPECT_EQ(type_name(field("HTTPRoute", {"metadata", "generation"})), "integer");
  EXPECT_EQ(type_name(field("HTTPRoute", {"spec", "rules", "filters"})), "[]HTTPRouteFilter");
  EXPECT_EQ(type_name(field("HTTPRoute", {"spec", "use_default_gateways"})), "Object");
  EXPECT_EQ(type_name(field("Service", {"spec", "ports", "target_port"})), "IntOrString");
  EXPECT_EQ(type_name(field("Service", {"spec", "publish_not_ready_addresses"})), "boolean");
}

TEST(SchemaTest, WhatBecomesOfAFieldIsSaid) {
  EXPECT_EQ(note_on(field("HTTPRoute", {"spec"})), "");
  EXPECT_NE(note_on(field("HTTPRoute", {"status"})).find("server alone"), std::string::npos);
  EXPECT_NE(note_on(field("Service", {"spec", "selector"})).find("no effect"), std::string::npos);
  EXPECT_NE(note_on(field("HTTPRoute", {"spec", "use_default_gateways"})).find("refused"),
            std::string::npos);
}

TEST(SchemaTest, RequiredIsWhatValidationAlwaysWants) {
  const std::set<std::string> gateway = required_fields(*find_kind("Gateway"));
  EXPECT_TRUE(gateway.contains("metadata.name"));
  EXPECT_TRUE(gateway.contains("spec.gatewayClassName"));
  EXPECT_TRUE(gateway.contains("spec.listeners"));
  EXPECT_TRUE(gateway.contains("spec.listeners.name"));
  EXPECT_TRUE(gateway.contains("spec.listeners.port"));
  EXPECT_FALSE(gateway.contains("spec.listeners.hostname"));
  // Only where there are several.
  EXPECT_FALSE(required_fields(*find_kind("Service")).contains("spec.ports.name"));
}

}  // namespace
}  // namespace limpet::cli
