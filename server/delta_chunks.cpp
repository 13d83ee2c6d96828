#include "server/delta_chunks.h"

#include <algorithm>

#include "core/snapshot/wire.h"

namespace limpet {
namespace {

// Field tag and length of an element, and the states' names and counters of a Delta.
constexpr size_t kElementOverhead = 8;
constexpr size_t kChunkOverhead = 256;

class ChunkWriter {
 public:
  ChunkWriter(const StateId& from, const StateId& to) : from_(from), to_(to) { open(); }

  v1::Delta& room_for(size_t bytes) {
    if (size_ > kChunkOverhead && size_ + bytes + kElementOverhead > kMaxChunkBytes) open();
    size_ += bytes + kElementOverhead;
    return *chunks_.back().mutable_delta();
  }

  DeltaChunks finish() {
    for (v1::ServerMessage& message : chunks_) {
      message.mutable_delta()->set_chunks(static_cast<uint32_t>(chunks_.size()));
    }
    return std::move(chunks_);
  }

 private:
  void open() {
    v1::Delta& delta = *chunks_.emplace_back().mutable_delta();
    *delta.mutable_from() = to_proto(from_);
    *delta.mutable_to() = to_proto(to_);
    delta.set_chunk(static_cast<uint32_t>(chunks_.size() - 1));
    size_ = kChunkOverhead;
  }

  StateId from_;
  StateId to_;
  DeltaChunks chunks_;
  size_t size_ = 0;
};

}  // namespace

DeltaChunks make_delta_chunks(const Snapshot& from, const Snapshot& to) {
  const Delta delta = Snapshot::diff(from, to);
  ChunkWriter writer(from.id(), to.id());
  for (const EntryKey& key : delta.removed) {
    v1::EntryKey message = to_proto(key);
    *writer.room_for(message.ByteSizeLong()).add_removed() = std::move(message);
  }
  for (const EntryPtr& entry : delta.upserts) {
    v1::Entry message = encode_entry(*entry, from.find(entry->key).get());
    *writer.room_for(message.ByteSizeLong()).add_upserts() = std::move(message);
  }
  return writer.finish();
}

std::shared_ptr<const DeltaChunks> DeltaCache::get(const Snapshot& from, const Snapshot& to) {
  const Way way{to_proto(from.id()).SerializeAsString(), to_proto(to.id()).SerializeAsString()};
  // Held while the messages are made: whoever waits here most likely wants the same.
  const std::lock_guard lock(mutex_);
  if (std::shared_ptr<const DeltaChunks> made = ways_[way].lock()) return made;
  std::erase_if(ways_, [](const auto& entry) { return entry.second.expired(); });
  auto made = std::make_shared<const DeltaChunks>(make_delta_chunks(from, to));
  ways_[way] = made;
  return made;
}

}  // namespace limpet
