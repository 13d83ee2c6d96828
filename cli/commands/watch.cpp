#include "cli/commands/watch.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include "cli/output/columns.h"
#include "core/resource/object.h"
#include "manifest/document.h"

namespace limpet::cli {
namespace {

using Event = v1::WatchResponse::Event;
using Kind = OutputFormat::Kind;

constexpr std::string_view kWidestEvent = "MODIFIED";

const KindInfo& kind_of(const v1::Resource& resource) {
  return *find_kind(object_of(resource)->GetDescriptor()->name());
}

// What the words ask for; a server filters by one kind and one namespace at most.
class Wanted {
 public:
  Wanted(const ResourceArgs& args, const Selection& selection)
      : args_(args), selection_(selection) {}

  v1::WatchRequest request() const {
    std::set<std::string> kinds;
    bool all_namespaced = true;
    for (const KindInfo* kind : args_.kinds) {
      kinds.emplace(kind->kind);
      all_namespaced = all_namespaced && kind->namespaced;
    }
    for (const EntryKey& key : args_.keys) {
      kinds.insert(key.kind);
      all_namespaced = all_namespaced && !key.ns.empty();
    }
    v1::WatchRequest request;
    if (kinds.size() == 1) request.set_kind(*kinds.begin());
    if (all_namespaced && !selection_.all_namespaces) request.set_namespace_(selection_.ns);
    request.set_label_selector(selection_.labels);
    return request;
  }

  bool has(const EntryKey& key) const {
    if (!args_.keys.empty()) return std::ranges::find(args_.keys, key) != args_.keys.end();
    return std::ranges::any_of(args_.kinds, [&](const KindInfo* kind) {
      return kind->kind == key.kind &&
             (!kind->namespaced || selection_.all_namespaces || selection_.ns == key.ns);
    });
  }

 private:
  const ResourceArgs& args_;
  const Selection& selection_;
};

class Printer {
 public:
  Printer(const Session& session, const Selection& selection, const WatchOptions& options,
          bool with_kind)
      : session_(session), selection_(selection), options_(options), with_kind_(with_kind) {}

  void print(const std::vector<Event>& events) {
    for (size_t begin = 0, end = 0; begin < events.size(); begin = end) {
      const KindInfo& kind = kind_of(events[begin].resource());
      std::vector<v1::Resource> resources;
      std::vector<std::string> types;
      for (; end < events.size() && &kind_of(events[end].resource()) == &kind; ++end) {
        resources.push_back(events[end].resource());
        types.push_back(type_of(events[end]));
      }
      print(kind, resources, types);
    }
    session_.out().flush();
  }

 private:
  // In the words of Kubernetes' watches.
  std::string type_of(const Event& event) {
    const EntryKey key = key_of(event.resource());
    if (event.type() == Event::DELETED) {
      known_.erase(key);
      return "DELETED";
    }
    return known_.insert(key).second ? "ADDED" : std::string(kWidestEvent);
  }

  void print(const KindInfo& kind, const std::vector<v1::Resource>& resources,
             const std::vector<std::string>& types) {
    const Kind output = options_.output;
    if (output == Kind::kTable || output == Kind::kWide) return print_rows(kind, resources, types);
    for (size_t i = 0; i < resources.size(); ++i) {
      if (output == Kind::kName) {
        session_.out() << kind_label(kind) << "/" << key_of(resources[i]).name << "\n";
        continue;
      }
      DocumentNode document = DocumentNode::map();
      document.entries.emplace_back("type", DocumentNode::string(types[i]));
      document.entries.emplace_back("object", to_document(*object_of(resources[i])));
      if (output == Kind::kYaml) {
        session_.out() << "---\n" << to_yaml(document);
      } else {
        session_.out() << to_json(document);
      }
    }
  }

  // A kind's columns are named once, and again after rows of another kind.
  void print_rows(const KindInfo& kind, const std::vector<v1::Resource>& resources,
                  const std::vector<std::string>& types) {
    const TableStyle style{.wide = options_.output == Kind::kWide,
                           .with_namespace = selection_.all_namespaces,
                           .with_kind = with_kind_,
                           .now = session_.environment.now(),
                           .show_labels = options_.show_labels,
                           .label_columns = options_.label_columns,
                           .events = types};
    const bool with_header = last_kind_ != &kind;
    if (with_header && last_kind_ != nullptr) session_.out() << "\n";
    std::vector<size_t>& widths =
        widths_.try_emplace(&kind, std::vector<size_t>{kWidestEvent.size()}).first->second;
    const TableLayout layout = session_.layout(with_header && !options_.no_headers);
    session_.out() << kind_table(kind, resources, style).to_string(widths, layout);
    last_kind_ = &kind;
  }

  const Session& session_;
  const Selection& selection_;
  const WatchOptions& options_;
  const bool with_kind_;
  std::set<EntryKey> known_;
  std::map<const KindInfo*, std::vector<size_t>> widths_;
  const KindInfo* last_kind_ = nullptr;
};

}  // namespace

int watch_objects(const Session& session, const Selection& selection,
                  const WatchOptions& options) {
  const absl::StatusOr<ResourceArgs> args = parse_resource_args(selection.words, selection.ns);
  if (!args.ok()) return session.fail(kUsage, std::string(args.status().message()));
  const Wanted wanted(*args, selection);
  const v1::WatchRequest request = wanted.request();
  Printer printer(session, selection, options, request.kind().empty());
  const absl::Status status = session.connect()->watch(
      request, absl::InfiniteDuration(), [&](const v1::WatchResponse& response) {
        std::vector<Event> events;
        for (const Event& event : response.events()) {
          if (object_of(event.resource()) != nullptr && wanted.has(key_of(event.resource()))) {
            events.push_back(event);
          }
        }
        printer.print(events);
        return session.out().good();  // else nobody reads any more
      });
  if (!status.ok()) return session.fail(status);
  if (!session.out().good()) return kOk;
  return session.fail(kUnreachable, "the server has ended the watch");
}

}  // namespace limpet::cli
