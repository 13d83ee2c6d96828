#include "tests/fuzz/match_world.h"

#include <set>
#include <utility>

namespace limpet::fuzz {
namespace {

constexpr size_t kMaxListeners = 4;

std::string draw_hostname(Source& from) {
  return from.pick({"", "", "", "a.x", "b.x", "*.x", "*.x", "*.a.x", "c.a.x", "*.y", "a.y"});
}

std::string draw_path(Source& from) {
  std::string text;
  for (size_t segments = from.below(4); segments > 0; --segments) {
    text += "/" + from.pick({"a", "a", "b", "ab"});
  }
  return from.chance(4) || text.empty() ? text + "/" : text;
}

void draw_created(Source& from, v1::ObjectMeta& metadata) {
  metadata.set_creation_timestamp(from.pick({"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"}));
}

void draw_selector(Source& from, v1::LabelSelector& selector) {
  if (from.chance(2)) (*selector.mutable_match_labels())["t"] = from.pick({"1", "2"});
  if (from.chance(2)) return;
  v1::LabelSelector::Requirement& requirement = *selector.add_match_expressions();
  requirement.set_key(from.pick({"t", "u", "kubernetes.io/metadata.name"}));
  requirement.set_operator_(from.pick({"In", "NotIn", "Exists", "DoesNotExist"}));
  if (requirement.operator_().ends_with("In")) requirement.add_values(from.pick({"1", "n"}));
}

void draw_allowed(Source& from, v1::AllowedRoutes& allowed) {
  allowed.Clear();
  allowed.mutable_namespaces()->set_from(from.pick({"All", "All", "All", "Same", "Selector"}));
  if (allowed.namespaces().from() == "Selector") {
    draw_selector(from, *allowed.mutable_namespaces()->mutable_selector());
  }
  if (from.chance(6)) allowed.add_kinds()->set_kind(from.pick({"HTTPRoute", "GRPCRoute"}));
  if (from.chance(8)) allowed.add_kinds()->set_kind("HTTPRoute");
}

// Each with a port and host name of its own, as validation wants it.
void draw_listeners(Source& from, v1::Gateway& gateway) {
  gateway.mutable_spec()->clear_listeners();
  std::set<std::pair<int, std::string>> taken;
  for (size_t i = 0, count = 1 + from.below(kMaxListeners); i < count; ++i) {
    const int port = from.chance(4) ? 81 : 80;
    const std::string host = draw_hostname(from);
    if (!taken.emplace(port, host).second) continue;
    v1::Listener& listener = *gateway.mutable_spec()->add_listeners();
    listener.set_name("l" + std::to_string(i));
    listener.set_port(port);
    listener.set_protocol("HTTP");
    listener.set_hostname(host);
    if (!from.chance(4)) draw_allowed(from, *listener.mutable_allowed_routes());
  }
}

void draw_gateway(Source& from, v1::Gateway& gateway) {
  draw_created(from, *gateway.mutable_metadata());
  draw_listeners(from, gateway);
}

void touch_gateway(Source& from, v1::Gateway& gateway) {
  const int count = gateway.spec().listeners_size();
  v1::Listener& listener = *gateway.mutable_spec()->mutable_listeners(
      static_cast<int>(from.below(static_cast<size_t>(count))));
  switch (from.below(4)) {
    case 0: return draw_created(from, *gateway.mutable_metadata());
    case 1: return draw_listeners(from, gateway);
    case 2: return draw_allowed(from, *listener.mutable_allowed_routes());
    default: return listener.set_name(from.pick({"l4", "l5"}));
  }
}

void draw_path_match(Source& from, v1::HTTPPathMatch& match) {
  match.set_type(from.pick({"Exact", "PathPrefix", "PathPrefix", "RegularExpression"}));
  if (match.type() == "RegularExpression") {
    match.set_value(from.pick({"/.*", "/a|/b", "/(a|b)/.*", "/[ab]+/?", ".*/ab", "/a/.", "("}));
  } else if (!from.chance(8)) {
    match.set_value(draw_path(from));
  }
}

void draw_match(Source& from, v1::HTTPRouteMatch& match) {
  if (!from.chance(4)) draw_path_match(from, *match.mutable_path());
  if (from.chance(4)) match.set_method(from.pick({"GET", "PUT"}));
  for (size_t count = from.chance(3) ? from.below(4) : 0; count > 0; --count) {
    v1::HTTPHeaderMatch& header = *match.add_headers();
    header.set_type(from.pick({"", "Exact", "RegularExpression"}));
    header.set_name(from.pick({"x", "X", "y"}));
    header.set_value(from.pick({"1", "2", "1,2", "[0-9]+", ".*"}));
  }
  for (size_t count = from.chance(3) ? from.below(4) : 0; count > 0; --count) {
    v1::HTTPQueryParamMatch& param = *match.add_query_params();
    param.set_type(from.pick({"", "Exact", "RegularExpression"}));
    param.set_name(from.pick({"p", "P", "q", "p q"}));
    param.set_value(from.pick({"1", "a b", "%41", "A", "[0-9]*", ".*"}));
  }
}

void draw_rule(Source& from, v1::HTTPRouteRule& rule) {
  rule.Clear();
  for (size_t count = from.below(4); count > 0; --count) draw_match(from, *rule.add_matches());
}

void draw_parents(Source& from, v1::HTTPRouteSpec& spec) {
  spec.clear_parent_refs();
  for (size_t count = 1 + from.below(3); count > 0; --count) {
    v1::ParentReference& parent = *spec.add_parent_refs();
    parent.set_name(from.pick({"g1", "g2", "g3"}));
    if (from.chance(2)) parent.set_namespace_(from.pick({"n", "m"}));
    if (from.chance(6)) parent.set_section_name(from.pick({"l0", "l1", "l2", "l4"}));
    if (from.chance(6)) parent.set_port(from.chance(2) ? 81 : 80);
    if (from.chance(8)) parent.set_kind(from.pick({"Gateway", "Service"}));
    if (from.chance(8)) parent.set_group(from.pick({"gateway.networking.k8s.io", ""}));
  }
}

void draw_hostnames(Source& from, v1::HTTPRouteSpec& spec) {
  spec.clear_hostnames();
  for (size_t count = from.below(4); count > 0; --count) {
    const std::string host = draw_hostname(from);
    if (!host.empty()) spec.add_hostnames(host);
  }
}

void draw_route(Source& from, v1::HTTPRoute& route) {
  draw_created(from, *route.mutable_metadata());
  draw_parents(from, *route.mutable_spec());
  draw_hostnames(from, *route.mutable_spec());
  for (size_t count = from.below(4); count > 0; --count) {
    draw_rule(from, *route.mutable_spec()->add_rules());
  }
}

void touch_route(Source& from, v1::HTTPRoute& route) {
  auto& rules = *route.mutable_spec()->mutable_rules();
  switch (from.below(6)) {
    case 0: return draw_created(from, *route.mutable_metadata());
    case 1: return draw_parents(from, *route.mutable_spec());
    case 2: return draw_hostnames(from, *route.mutable_spec());
    case 3: return draw_rule(from, *rules.Add());
    default: break;
  }
  if (rules.empty()) return;
  if (from.chance(3)) {
    rules.RemoveLast();
  } else {
    draw_rule(from, rules.at(static_cast<int>(from.below(static_cast<size_t>(rules.size())))));
  }
}

void draw_namespace(Source& from, v1::Namespace& object) {
  auto& labels = *object.mutable_metadata()->mutable_labels();
  labels.clear();
  for (const char* label : {"t", "u"}) {
    if (from.chance(2)) labels[label] = from.pick({"1", "2"});
  }
}

}  // namespace

template <typename Object, typename Make, typename Touch>
void MatchWorld::change_one(Source& from, Objects<Object>& objects, const std::string& ns,
                            const std::string& name, Make make, Touch touch) {
  const EntryKey key{Object::descriptor()->name(), ns, name};
  const auto present = objects.find(ns + "/" + name);
  const size_t how = from.below(4);
  if (present != objects.end() && how == 0) {
    builder_.remove(key).build();
    objects.erase(present);
    return;
  }
  Object object;
  if (present != objects.end() && how == 1) {
    object = present->second;
    touch(from, object);
  } else {
    object.mutable_metadata()->set_namespace_(ns);
    object.mutable_metadata()->set_name(name);
    make(from, object);
  }
  builder_.put(key, serialize(object)).build();
  objects[ns + "/" + name] = std::move(object);
}

void MatchWorld::change_namespace(Source& from) {
  change_one(from, namespaces_, "", from.pick({"n", "m"}), draw_namespace, draw_namespace);
}

// Three in all: that of the other namespace makes room.
void MatchWorld::change_gateway(Source& from) {
  const std::string ns = from.pick({"n", "m"});
  const std::string other = ns == "n" ? "m" : "n";
  const std::string name = from.pick({"g1", "g2", "g3"});
  if (gateways_.erase(other + "/" + name) != 0) builder_.remove({"Gateway", other, name}).build();
  change_one(from, gateways_, ns, name, draw_gateway, touch_gateway);
}

void MatchWorld::change_route(Source& from) {
  const std::string ns = from.pick({"n", "m"});
  const std::string name = from.pick({"a", "b", "c", "d", "e", "f"});
  change_one(from, routes_, ns, name, draw_route, touch_route);
}

MatchWorld::MatchWorld(Source& from) {
  for (size_t count = from.below(3); count > 0; --count) change_namespace(from);
  for (size_t count = 2 + from.below(4); count > 0; --count) change_gateway(from);
  for (size_t count = 4 + from.below(16); count > 0; --count) change_route(from);
}

void MatchWorld::change(Source& from) {
  const size_t kind = from.below(16);
  if (kind == 0) return change_namespace(from);
  if (kind < 5) return change_gateway(from);
  change_route(from);
}

testing::ReferenceObjects MatchWorld::objects() const {
  testing::ReferenceObjects objects;
  for (const auto& [name, gateway] : gateways_) objects.gateways.push_back(gateway);
  for (const auto& [name, route] : routes_) objects.routes.push_back(route);
  for (const auto& [name, object] : namespaces_) objects.namespaces.push_back(object);
  return objects;
}

std::string MatchWorld::text() const {
  std::string text;
  const auto print = [&](const auto& objects) {
    for (const auto& [name, object] : objects) {
      text += object.GetDescriptor()->name() + " " + object.ShortDebugString() + "\n";
    }
  };
  print(namespaces_);
  print(gateways_);
  print(routes_);
  return text;
}

testing::ReferenceRequest draw_request(Source& from) {
  testing::ReferenceRequest request;
  request.port = from.chance(5) ? 81 : 80;
  request.host = from.pick({"a.x", "a.x", "b.x", "c.a.x", "d.c.a.x", "a.y", "x", ""});
  request.path = from.chance(16) ? from.pick({"*", "//", "/a//b", "//a"}) : draw_path(from);
  request.method = from.pick({"GET", "PUT", "POST"});
  for (size_t count = from.below(4); count > 0; --count) {
    if (!request.query.empty()) request.query += "&";
    request.query += from.pick({"p", "q", "p+q", "p%20q", "%70", "%5", ""});
    if (from.chance(4)) continue;
    request.query += "=" + from.pick({"1", "a+b", "a%20b", "%2541", "A", "%4", "%zz", "1=1", ""});
  }
  for (size_t count = from.below(4); count > 0; --count) {
    request.headers.emplace_back(from.pick({"X", "x", "y", "Y", "z"}),
                                 from.pick({"1", "2", "a", ""}));
  }
  return request;
}

std::string text_of(const testing::ReferenceRequest& request) {
  std::string text = str_cat(request.method, " http://", request.host, ":", request.port,
                             request.path, "?", request.query, "\n");
  for (const auto& [name, value] : request.headers) text += str_cat("  ", name, ": ", value, "\n");
  return text;
}

}  // namespace limpet::fuzz
