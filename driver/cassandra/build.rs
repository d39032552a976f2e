fn main() {
    cxx_build::bridge("src/lib.rs")
        .include("../../src")
        .std("c++23")
        .compile("vidi-cassandra-bridge");
    println!("cargo:rerun-if-changed=src/lib.rs");
    println!("cargo:rerun-if-changed=../../src/cassandra/waiter.hpp");
}
