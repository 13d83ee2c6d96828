#include "core/balance/endpoint_live.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(EndpointLive, WhatBeginsEnds) {
  const auto live = std::make_shared<EndpointLive>();
  const auto other = std::make_shared<EndpointLive>();
  {
    InFlight request(live);
    EXPECT_EQ(live->in_flight, 1U);
    const InFlight second(live);
    EXPECT_EQ(live->in_flight, 2U);
    request = InFlight(other);
    EXPECT_EQ(live->in_flight, 1U) << "it goes on elsewhere";
    EXPECT_EQ(other->in_flight, 1U);
    InFlight tunnel(std::move(request));
    EXPECT_EQ(other->in_flight, 1U);
    request = InFlight();
    EXPECT_EQ(other->in_flight, 1U) << "the tunnel's";
    tunnel = InFlight(other);
    EXPECT_EQ(other->in_flight, 1U);
  }
  EXPECT_EQ(live->in_flight, 0U);
  EXPECT_EQ(other->in_flight, 0U);
  const InFlight nobody(nullptr);
}

TEST(EndpointLive, AlsoWhenAnExceptionEndsIt) {
  const auto live = std::make_shared<EndpointLive>();
  try {
    const InFlight request(live);
    throw std::runtime_error("out of memory");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(live->in_flight, 0U);
}

TEST(EndpointLive, WarmingUpBeginsOnce) {
  Warmup warmup;
  EXPECT_EQ(warmup.began_ms(7), 7);
  EXPECT_EQ(warmup.began_ms(9), 7);
}

}  // namespace
}  // namespace limpet
