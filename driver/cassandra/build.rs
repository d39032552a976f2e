fn main() {
    cxx_build::bridge("src/lib.rs")
        .include("../../src/platform")
        .std("c++23")
        .compile("vidi-cassandra-bridge");
    println!("cargo:rerun-if-changed=src/lib.rs");
    println!("cargo:rerun-if-changed=../../src/platform/cassandra/waiter.hpp");
}
