package embedded

// WithoutWitness is cfg for a server that keeps no witness.
func WithoutWitness(cfg Config) Config {
	cfg.noWitness = true
	return cfg
}
