package demo

const partitions = 12
