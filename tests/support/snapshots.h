// Snapshots for tests, built from objects in protobuf's text format.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <google/protobuf/text_format.h>

#include "core/base/text.h"
#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/resource.pb.h"
#include "limpet/v1/state.pb.h"

namespace limpet::testing {

template <typename Message>
Message from_text(const std::string& text) {
  Message message;
  if (!google::protobuf::TextFormat::ParseFromString(text, &message)) {
    throw std::invalid_argument("not a " + Message::descriptor()->name() + ": " + text);
  }
  return message;
}

class SnapshotBuilder {
 public:
  SnapshotBuilder() = default;
  explicit SnapshotBuilder(Snapshot base) : snapshot_(std::move(base)) {}

  // An object of a user kind; an EndpointSlice brings its EndpointStates with it.
  template <typename Message>
  SnapshotBuilder& add(const std::string& text) {
    const auto message = from_text<Message>(text);
    const v1::ObjectMeta& metadata = message.metadata();
    put({Message::descriptor()->name(), metadata.namespace_(), metadata.name()},
        serialize(message));
    if constexpr (std::is_same_v<Message, v1::EndpointSlice>) add_states(message);
    return *this;
  }

  SnapshotBuilder& put(EntryKey key, std::string bytes) {
    delta_.upserts.push_back(std::make_shared<const Entry>(
        Entry{std::move(key), snapshot_.id().revision + 1, std::move(bytes)}));
    return *this;
  }

  SnapshotBuilder& add_key(uint32_t id, char fill) {
    v1::StickyKey key;
    key.set_id(id);
    key.set_secret(std::string(32, fill));
    key.set_mints(true);
    return put({std::string(kStickyKeyKind), "", std::to_string(id)}, serialize(key));
  }

  SnapshotBuilder& remove(EntryKey key) {
    delta_.removed.push_back(std::move(key));
    return *this;
  }

  // One revision for all that was added since the last.
  Snapshot build() {
    snapshot_ =
        snapshot_.apply(delta_, Epoch::make(1'700'000'000'000, 7), snapshot_.id().revision + 1);
    delta_ = Delta();
    return snapshot_;
  }

 private:
  void add_states(const v1::EndpointSlice& slice) {
    const std::string service(service_of(slice));
    for (const v1::Endpoint& endpoint : slice.endpoints()) {
      for (const v1::EndpointPort& port : slice.ports()) {
        const std::string name = endpoint_state_name(service, endpoint, port.port());
        v1::EndpointState state;
        state.set_uid(named_endpoint_uid(slice.metadata().namespace_(), service, name));
        put({std::string(kEndpointStateKind), slice.metadata().namespace_(), name},
            serialize(state));
      }
    }
  }

  Snapshot snapshot_;
  Delta delta_;
};

// A Service "shop/web" on port 80 with endpoints at `addresses`, behind a Gateway listener on
// `listener_port` and a route for every host and path.
inline SnapshotBuilder web_snapshot(int listener_port, std::initializer_list<std::string> addresses,
                                    int endpoint_port) {
  SnapshotBuilder builder;
  builder.add_key(1000, 'k');
  builder.add<v1::Gateway>(str_cat(
      "metadata { name: 'edge' namespace: 'shop' } spec { listeners { name: 'http' port: ",
      listener_port, " protocol: 'HTTP' } }"));
  builder.add<v1::HTTPRoute>(
      "metadata { name: 'web' namespace: 'shop' } spec { parent_refs { name: 'edge' } "
      "rules { backend_refs { name: 'web' port: 80 } } }");
  builder.add<v1::Service>(
      "metadata { name: 'web' namespace: 'shop' } spec { ports { port: 80 } }");
  std::string slice =
      "metadata { name: 'web-1' namespace: 'shop' "
      "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' ";
  for (const std::string& address : addresses) {
    slice += str_cat("endpoints { addresses: '", address, "' } ");
  }
  builder.add<v1::EndpointSlice>(str_cat(slice, "ports { port: ", endpoint_port, " }"));
  return builder;
}

inline constexpr char kStickyPolicyText[] =
    "metadata { name: 'sticky' namespace: 'shop' } "
    "spec { target_ref { kind: 'Service' name: 'web' } "
    "ports { port: 80 config { cookie_name: 'sid' expires: 600 } } }";

}  // namespace limpet::testing
