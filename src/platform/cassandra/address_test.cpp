#include "cassandra/address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidi::cassandra {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string refusal(std::string_view url) {
  const auto address = parse_address(url);
  EXPECT_FALSE(address) << url;
  return address ? "" : address.error().message;
}

TEST(Address, NamesHostsKeyspaceAndOptions) {
  const auto address = parse_address(
      "cassandra://one,two:9043,[::1]:9,[::2]/DemandKeyspace?consistency=quorum&replication=3&mirror=cnn%5Ftable"
      "&datacenter=dc1&timeout_ms=250&in_flight=7");
  ASSERT_TRUE(address) << address.error().message;
  EXPECT_THAT(address->cluster.hosts, ElementsAre("one:9042", "two:9043", "[::1]:9", "[::2]:9042"));
  EXPECT_EQ(address->keyspace, "demandkeyspace");
  EXPECT_EQ(address->cluster.consistency, Consistency::quorum);
  EXPECT_EQ(address->cluster.datacenter, "dc1");
  EXPECT_EQ(address->cluster.request_timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(address->cluster.in_flight, 7U);
  EXPECT_EQ(address->replication.to_cql(), "{'class': 'SimpleStrategy', 'replication_factor': 3}");
  EXPECT_THAT(address->options, ElementsAre(Pair("mirror", "cnn_table")));
}

TEST(Address, HasDefaultsForWhatItDoesNotSay) {
  const auto address = parse_address("cassandra://localhost/vidi");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->cluster.consistency, Consistency::local_quorum);
  EXPECT_EQ(address->replication.simple, 1);
  EXPECT_TRUE(address->options.empty());
}

TEST(Address, CountsCopiesByDatacenter) {
  const auto address = parse_address("cassandra://h/k?replication=dc1:3,dc2:2");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->replication.to_cql(), "{'class': 'NetworkTopologyStrategy', 'dc1': 3, 'dc2': 2}");
}

TEST(Address, SaysWhatIsWrong) {
  EXPECT_THAT(refusal("http://h/k"), HasSubstr("cassandra://"));
  EXPECT_THAT(refusal("cassandra://h"), HasSubstr("keyspace \"\""));
  EXPECT_THAT(refusal("cassandra://h/1k"), HasSubstr("keyspace \"1k\""));
  EXPECT_THAT(refusal("cassandra://h/k;drop"), HasSubstr("k;drop"));
  EXPECT_THAT(refusal("cassandra://h/" + std::string(49, 'k')), HasSubstr("at most 48"));
  EXPECT_THAT(refusal("cassandra:///k"), HasSubstr("names no host"));
  EXPECT_THAT(refusal("cassandra://h,/k"), HasSubstr("names no host"));
  EXPECT_THAT(refusal("cassandra://h:0/k"), HasSubstr("1 to 65535"));
  EXPECT_THAT(refusal("cassandra://h:port/k"), HasSubstr("1 to 65535"));
  EXPECT_THAT(refusal("cassandra://me:secret@h/k"), HasSubstr("password"));
  EXPECT_THAT(refusal("cassandra://h/k?consistency=most"), HasSubstr("local_quorum"));
  EXPECT_THAT(refusal("cassandra://h/k?replication=0"), HasSubstr("replication=0"));
  EXPECT_THAT(refusal("cassandra://h/k?replication=dc1:x"), HasSubstr("dc1:3,dc2:3"));
  EXPECT_THAT(refusal("cassandra://h/k?replication=d'c:1"), HasSubstr("datacenter"));
  EXPECT_THAT(refusal("cassandra://h/k?timeout_ms=0"), HasSubstr("timeout_ms=0"));
  EXPECT_THAT(refusal("cassandra://h/k?in_flight=many"), HasSubstr("32768"));
  EXPECT_THAT(refusal("cassandra://h/k?mirror"), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(refusal("cassandra://h/k?a=1&a=2"), HasSubstr("twice"));
}

}  // namespace
}  // namespace vidi::cassandra
