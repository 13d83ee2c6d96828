// The node's end of the stream: messages of a server that is not to be trusted.
#include "core/snapshot/wire.h"
#include "proxy/control/sync_state.h"
#include "tests/fuzz/fuzz.h"

namespace limpet::fuzz {
namespace {

const Epoch kEpoch = Epoch::make(1'700'000'000'000, 1);

EntryPtr entry(const std::string& name, uint64_t revision, const std::string& bytes) {
  return std::make_shared<const Entry>(Entry{{"Service", "shop", name}, revision, bytes});
}

// Long enough that a change of it is a patch.
std::string long_text(char middle) {
  return std::string(600, 'x') + middle + std::string(600, 'y');
}

Snapshot first() {
  return Snapshot().apply({{entry("a", 1, "1"), entry("long", 1, long_text('1'))}, {}}, kEpoch, 1);
}

std::string message_of(const Snapshot& from, const Snapshot& to, uint32_t chunk = 0,
                       uint32_t chunks = 1, bool adopt = false) {
  v1::ServerMessage message;
  v1::Delta& delta = *message.mutable_delta();
  *delta.mutable_from() = to_proto(from.id());
  *delta.mutable_to() = to_proto(to.id());
  delta.set_chunk(chunk);
  delta.set_chunks(chunks);
  delta.set_adopt(adopt);
  const Delta difference = Snapshot::diff(from, to);
  for (uint32_t i = chunk; i < difference.upserts.size(); i += chunks) {
    const EntryPtr& upsert = difference.upserts[i];
    *delta.add_upserts() = encode_entry(*upsert, from.find(upsert->key).get());
  }
  for (const EntryKey& key : difference.removed) {
    if (chunk == 0) *delta.add_removed() = to_proto(key);
  }
  return message.SerializeAsString();
}

}  // namespace

std::vector<std::string> seeds() {
  const Snapshot one = first();
  const Snapshot two = one.apply(
      {{entry("b", 2, "2"), entry("long", 2, long_text('2'))}, {{"Service", "shop", "a"}}}, kEpoch,
      2);
  const Snapshot other = one.apply({}, Epoch::make(1'800'000'000'000, 1), 1);
  return {
      join({message_of(one, two), message_of(two, two.apply({}, kEpoch, 3))}),
      join({message_of(one, two, 0, 2), message_of(one, two, 1, 2)}),
      join({message_of(Snapshot(), two)}),
      join({message_of(one, other), message_of(one, other, 0, 1, true)}),
  };
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  SyncState state(fuzz::first());
  for (const std::string_view part : fuzz::split(fuzz::text_of(data, size))) {
    v1::ServerMessage message;
    if (!message.ParseFromArray(part.data(), static_cast<int>(part.size()))) continue;
    const StateId before = state.held().id();
    const SyncState::Update update = state.on_delta(message.delta());
    using Kind = SyncState::Update::Kind;
    const bool has_problem = update.kind == Kind::kReject || update.kind == Kind::kResync;
    fuzz::require(has_problem == !update.problem.empty(), "a problem has words");
    fuzz::require(state.held().id() == before, "what is held changes by accept() alone");
    if (update.kind != Kind::kActivate) continue;
    fuzz::require_digest(update.next);
    fuzz::require(update.next.id() == from_proto(message.delta().to()), "as the server names it");
    fuzz::require(update.next.id().epoch == before.epoch || message.delta().adopt(),
                  "an epoch is left by adoption alone");
    fuzz::require(
        update.next.id().epoch > before.epoch || update.next.id().revision >= before.revision,
        "no way back");
    state.accept(update.next);
  }
  return 0;
}
