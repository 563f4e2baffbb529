"""Results as PNG pictures: a white card each, readable at the width of a README on light and dark pages."""
