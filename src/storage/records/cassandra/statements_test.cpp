#include "records/cassandra/statements.hpp"

#include <gtest/gtest.h>

#include "records/cassandra/schema.hpp"
#include "records/packing/packing.hpp"

namespace vidi::records::cassandra {
namespace {

using vidi::cassandra::CellReader;
using vidi::cassandra::CellWriter;

Prediction prediction_of(const std::string& user) {
  Prediction prediction;
  prediction.id = make_uuid(now());
  prediction.time = time_of(prediction.id);
  prediction.model = "digits";
  prediction.result = "4";
  prediction.user = user;
  return prediction;
}

TEST(Statements, APredictionStandsInAPartitionForEachQuestion) {
  const Layout layout{.keyspace = "k", .shards = 16};
  const auto of_nobody = partitions_of(prediction_of(""), layout);
  ASSERT_EQ(of_nobody.size(), 2U);
  const auto of_ann = partitions_of(prediction_of("ann"), layout);
  ASSERT_EQ(of_ann.size(), 3U);
  EXPECT_EQ(of_ann.back().table, Table::by_user);
  EXPECT_EQ(of_ann.back().user, "ann");
  EXPECT_LT(of_ann[1].shard, shards_of(Table::by_model, layout));
  EXPECT_EQ(listings_of(prediction_of("ann")).size(), 5U);
}

TEST(Statements, ARowIsReadWithItsLabel) {
  const Prediction prediction = prediction_of("ann");
  Bytes record;
  pack(prediction, record);
  const Timestamp when = now();
  CellWriter row;
  row.blob(record).text("7").text("bob").bigint(when.time_since_epoch().count());
  row.blob(record).null().null().null();
  row.null().text("7").null().null();
  row.blob(ByteView(record).first(10)).null().null().null();
  CellReader reader(row.bytes());
  Prediction corrected = prediction;
  corrected.correction = Correction{.label = "7", .user = "bob", .time = when};
  EXPECT_EQ(read_row(reader), Result<std::optional<Prediction>>(corrected));
  EXPECT_EQ(read_row(reader), Result<std::optional<Prediction>>(prediction));
  // Forgotten while it was corrected: a label without a prediction.
  EXPECT_EQ(read_row(reader), Result<std::optional<Prediction>>(std::nullopt));
  EXPECT_FALSE(read_row(reader));
  EXPECT_FALSE(read_row(reader));
}

TEST(Schema, IsMadeByStatementsThatMayRunAgain) {
  SchemaOptions options{.keyspace = "demandkeyspace"};
  options.replication.simple = 3;
  const auto statements = schema_statements(options);
  EXPECT_EQ(statements.front(),
            "CREATE KEYSPACE IF NOT EXISTS demandkeyspace WITH replication = {'class': 'SimpleStrategy', "
            "'replication_factor': 3}");
  for (const std::string& statement : statements) {
    EXPECT_TRUE(statement.contains("IF NOT EXISTS")) << statement;
    EXPECT_FALSE(statement.contains("cnn_table"));
  }
  options.mirror_cnn_table = true;
  EXPECT_EQ(schema_statements(options).size(), statements.size() + 2);
}

}  // namespace
}  // namespace vidi::records::cassandra
