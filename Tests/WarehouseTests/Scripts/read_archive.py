"""Reads a folder of hive-partitioned Parquet with pyarrow, and prints what is in it.

One line: rows, and for each column named behind the folder its sum; then the rows of one partition.
"""
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

folder, partition_column, partition = sys.argv[1:4]
columns = sys.argv[4:]
schema = pa.schema([(partition_column, pa.date32())])
data = ds.dataset(
    folder, format="parquet", partitioning=ds.partitioning(schema, flavor="hive"))
table = data.to_table()
sums = [str(pc.sum(table.column(name)).as_py()) for name in columns]
day = pa.scalar(partition).cast(pa.date32())
part = data.to_table(filter=ds.field(partition_column) == day)
print("|".join([str(table.num_rows), *sums, str(part.num_rows)]))
