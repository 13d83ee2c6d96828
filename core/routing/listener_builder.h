// Changes the rules of the table's listeners, in proportion to the change: a listener or host that
// no route was added to or taken from is the same object before and after.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/routing/compile_route.h"
#include "core/routing/gateway_index.h"
#include "core/routing/routing_table.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

class ListenerBuilder {
 public:
  using Ports = decltype(RoutingTable::ports);

  explicit ListenerBuilder(const Ports& ports) : ports_(ports) {}

  // The place is nobody's any more.
  void remove_listener(const ListenerPlace& place);
  // The place is this listener's, without any routes yet. `tls`: null for HTTP.
  void put_listener(const ListenerPlace& place, const PlacedListener& listener,
                    std::shared_ptr<const ListenerTls> tls);
  // Its certificates are these, and its routes stay. Requires: the place has an HTTPS listener.
  void set_tls(const ListenerPlace& place, std::shared_ptr<const ListenerTls> tls);

  // Requires, of both: the place has a listener, which the route attaches to.
  void add_route(const ListenerPlace& place, const v1::HTTPRoute& route,
                 const std::vector<RoutePath>& paths);
  void remove_route(const ListenerPlace& place, const v1::HTTPRoute& route,
                    const std::vector<RoutePath>& paths);

  // The ports with all changes made. The builder is of no use after it.
  Ports finish();

  // Hosts that were made anew by finish().
  size_t hosts_changed() const { return hosts_changed_; }

 private:
  struct OpenListener {
    RoutingListener listener;
    HostMap<VirtualHost> before;     // its hosts, before the changes
    std::set<std::string> unlisted;  // hosts whose regular expressions have changed

    void note_change(const std::string& pattern, const VirtualHost* before_change,
                     const VirtualHost& after);
    void list_all_patterns();
  };

  OpenListener& open(const ListenerPlace& place);

  Ports ports_;
  std::map<ListenerPlace, OpenListener> open_;
  size_t hosts_changed_ = 0;
};

}  // namespace limpet
