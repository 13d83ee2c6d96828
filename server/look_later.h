// Brings what a Signal says to the thread of an io_context.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace limpet {

// A callback for Signals, to be called on any thread: has the owner look, on the io_context's, as
// long as there is one. However often it is called until then, he looks once. The io_context must
// outlive the subscriptions.
template <typename Owner>
std::function<void()> look_later(boost::asio::io_context& io, std::weak_ptr<Owner> owner,
                                 std::function<void(Owner&)> look) {
  return [&io, owner, look = std::move(look),
          called = std::make_shared<std::atomic<bool>>(false)] {
    if (called->exchange(true)) return;
    boost::asio::post(io, [owner, look, called] {
      called->store(false);
      if (const auto alive = owner.lock()) look(*alive);
    });
  };
}

}  // namespace limpet
